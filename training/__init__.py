"""Makes a model: article records in, a published model version out.

The stages, in order, each a module::

    sources      a location becomes a lazy stream of records
    records      a record becomes an Article, or a Rejection with line and reason
    intake       articles are staged, numbers remembered
    furniture    what the pages of a site repeat is learned
    fit          articles become counts, counts become a vocabulary, idf and vectors
    neighbours   vectors become the nearest articles of each article
    evaluation   lists as the service will make them become figures
    job          all of it in one run: staged, digested, published or not at all
"""

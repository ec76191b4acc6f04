"""What a model is: everything that training and service must agree on.

The verbs, in the order in which an article meets them::

    Article.from_record   a record becomes an Article, or a RecordError says why not
    Analyzer.terms        text becomes terms (boilerplate off, letters folded, words stemmed)
    TfidfModel.vectors    terms become unit vectors
    ArticleIndex          vectors, neighbours, stories and cards of many articles, immutable
    LiveIndex             ... and what came, changed and went since
    related_news          an article and a Query become the list «أخبار ذات صلة»
    you_may_also_like     ... and the list «قد يهمك أيضا»
    page                  ... and all boxes of its page
    EditorialRules        what editors pin, ban, boost and suppress
    Popularity            Interactions become what readers did, as of any moment
    save / load           a version of all this becomes a folder of arrays and JSON, and back
    Registry              which versions there are, and which one is in service

Nothing here knows the web, a database, a clock or the environment: times are
parameters, given as integers of microseconds since 1970 in UTC.
"""

"""models.interaction: a batch comes back from its journal row as it went in."""

from __future__ import annotations

import pytest
from hypothesis import given

from models.interaction import Act, Interaction, from_payload, to_payload
from tests.support.readers import interactions


@given(interactions())
def test_a_batch_is_read_as_it_was_written(done: list[Interaction]):
    assert from_payload(to_payload(done)) == done


def test_every_member_is_written_in_few_letters():
    one = Interaction(Act.CLICK, "خبر-١", 5, 7, "أخبار/2", "abc", 3)
    assert to_payload([one]) == '[["click","خبر-١",5,7,"أخبار/2","abc",3]]'
    assert from_payload(to_payload([one])) == [one]


@pytest.mark.parametrize("payload", ["", "7", "[7]", '[["like","a",1]]', '[["read"]]', "{}{}", '["r"]'])
def test_what_is_no_batch_is_refused(payload: str):
    with pytest.raises(ValueError, match=r"."):
        from_payload(payload)

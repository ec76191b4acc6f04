"""Editorial rules: /v1/rules, written to the journal and in effect at the next read."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.models import Example
from fastapi.responses import JSONResponse

from models.article import format_time, from_microseconds
from models.editorial import Rule, StoredRule
from models.errors import RuleNotFound, RuleRefused
from service.codes import NOT_READY
from service.dependencies import InContext, InSnapshot
from service.journal import Change, Kind
from service.paths import decode_id
from service.problems import responses
from service.schemas import RuleAnswer, RuleBody, RulesAnswer

router = APIRouter(prefix="/v1/rules", tags=["rules"])

FRESH = {"Cache-Control": "no-store"}
EXAMPLES = {
    "pin": Example(
        summary="second on every page of the sports section, for a day",
        value={
            "type": "pin",
            "article_id": "8812",
            "position": 2,
            "source_section": "رياضة",
            "lists": ["related"],
            "validity": {"from": "2026-11-23T10:00:00Z", "until": "2026-11-24T10:00:00Z"},
            "note": "نهائي الكأس",
        },
    ),
    "ban": Example(summary="nowhere", value={"type": "ban", "article_id": "8812", "note": "خبر غير دقيق"}),
    "boost": Example(summary="up", value={"type": "boost", "section": "صحة", "factor": 1.5, "note": "أسبوع التطعيم"}),
    "suppress": Example(
        summary="an obituary and entertainment are kept apart",
        value={"type": "suppress", "article_id": "8812", "source_section": "فن وموسيقى", "note": "نعي"},
    ),
}


async def _rule_id(
    rule_id: Annotated[str, Path(description="the rule's id; a slash in it may be sent as `/` or `%2F`")],
) -> str:
    return decode_id(rule_id)


RuleId = Annotated[str, Depends(_rule_id)]


@router.get("", response_model=RulesAnswer, responses=responses(*NOT_READY))
async def rules(context: InContext, snapshot: InSnapshot) -> Response:
    """All rules by id, each with the change that stored it and whether it is in effect now."""
    stored = snapshot.model.recommender.editorial.stored
    now = context.now()
    return JSONResponse({"rules": [_told(stored[rule_id], now) for rule_id in sorted(stored)]}, headers=FRESH)


@router.get(
    "/{rule_id:path}",
    response_model=RuleAnswer,
    responses=responses("rule-not-found", *NOT_READY),
)
async def rule(rule_id: RuleId, context: InContext, snapshot: InSnapshot) -> Response:
    """One rule."""
    stored = snapshot.model.recommender.editorial.stored.get(rule_id)
    if stored is None:
        raise RuleNotFound(rule_id)
    return JSONResponse(_told(stored, context.now()), headers=FRESH)


@router.put(
    "/{rule_id:path}",
    response_model=RuleAnswer,
    responses=responses("invalid-input", "state-unavailable"),
)
async def put_rule(
    request: Request,
    rule_id: RuleId,
    body: Annotated[RuleBody, Body(openapi_examples=EXAMPLES)],
    context: InContext,
) -> Response:
    """Store a rule, in place of the one of its id; the answer is the rule as stored.

    Each change is in the journal with its time and the id of the key, also one that changes nothing.
    """
    made = _read(body, rule_id)
    change = Change(Kind.RULE, made.id, made.to_json())
    (entry,) = await context.writer.write([change], request.scope.get("key_id"))
    return JSONResponse(_told(StoredRule(made, entry.seq, entry.at, entry.key_id), context.now()), headers=FRESH)


@router.delete(
    "/{rule_id:path}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses("state-unavailable"),
)
async def delete_rule(request: Request, rule_id: RuleId, context: InContext) -> Response:
    """Have a rule no more; 204 also where there is none of this id, which another process may know better."""
    await context.writer.write([Change(Kind.RULE_DELETION, rule_id)], request.scope.get("key_id"))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _read(body: RuleBody, rule_id: str) -> Rule:
    try:
        return body.rule(rule_id)
    except RuleRefused as error:
        where = ("path", "rule_id") if error.member == "id" and body.id is None else ("body", error.member)
        raise RequestValidationError([{"loc": where, "msg": str(error), "type": "rule"}]) from error


def _told(stored: StoredRule, now: int) -> dict[str, object]:
    return {
        **stored.rule.to_record(),
        "active": stored.rule.is_active(now),
        "seq": stored.seq,
        "changed_at": format_time(from_microseconds(stored.changed_at)),
        "key_id": stored.key_id,
    }

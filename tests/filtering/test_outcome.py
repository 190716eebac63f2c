import json

import pytest

from video_ktr.filtering.keep_rule import KeepRule
from video_ktr.filtering.outcome import Outcome

TRIED = Outcome(key="a", scores=(1.0, 0.0), lengths=(3, 4), formatted=(True, False), cut=(False, True))
FAILED = Outcome(key="b", failure="unscorable", detail="solution ''")


@pytest.mark.parametrize("outcome", [TRIED, FAILED])
def test_an_outcome_survives_json(outcome):
    assert Outcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome


def test_the_reason_is_the_failure_or_the_rule_s_verdict():
    assert TRIED.reason(KeepRule()) == "kept"
    assert TRIED.reason(KeepRule(low=0.6)) == "too hard"
    assert TRIED.reason(KeepRule(high=0.4)) == "too easy"
    assert FAILED.reason(KeepRule(low=0.0, high=1.0)) == "unscorable"

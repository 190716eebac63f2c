import pytest

from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.evaluation.answer_settings import AnswerSettings


def test_replies_are_greedy_and_shown_what_the_published_evaluation_shows():
    settings = AnswerSettings(model="m")
    assert settings.temperature == 0.0
    assert settings.media == MediaConfig.preset("evaluation-16")


@pytest.mark.parametrize("engine", ["vllm", "ray"])
def test_an_engine_that_gives_no_tokens_is_refused(engine):
    with pytest.raises(ConfigError, match="by 'transformers' only"):
        AnswerSettings(model="m", engine=engine)

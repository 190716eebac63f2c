import threading

from video_ktr.jobs.batches import pending_batches, run_ahead


def pending(done):
    return pending_batches("abcdefghij", done, 4, key=str.upper)


def test_batches_start_at_the_same_items_whatever_is_done():
    assert pending(set()) == [list("abcd"), list("efgh"), list("ij")]
    assert pending(set("ABCDF")) == [list("egh"), list("ij")]
    assert pending(set("ABCDEFGHIJ")) == []


def test_the_next_batch_is_made_ready_while_the_last_is_worked_on():
    prepared = {number: threading.Event() for number in range(3)}

    def prepare(number):
        prepared[number].set()
        return 10 * number

    def run(ready):
        following = ready // 10 + 1
        # Would wait for ever if the next batch were made ready only afterwards.
        assert following == 3 or prepared[following].wait(timeout=30)
        return ready + 1

    assert list(run_ahead([0, 1, 2], prepare, run)) == [1, 11, 21]
    assert list(run_ahead([], prepare, run)) == []

"""The work pool finishes everything, passes errors on, and stops when asked."""

import threading
import time

import pytest

from zeroloop.run.pool import StoppedError, WorkPool


class Shard:
    """Counts its segments, and notices when two threads are in it."""

    def __init__(self, total):
        self.remaining, self.segments, self.busy = total, 0, threading.Lock()

    def play(self, moves):
        assert self.busy.acquire(blocking=False), "two threads in one shard"
        time.sleep(0.001)
        self.remaining = max(0, self.remaining - moves)
        self.segments += 1
        self.busy.release()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_all_work_is_done_once(threads):
    done = []
    shards = [Shard(10), Shard(30), Shard(20)]
    pool = WorkPool([lambda: done.append("a"), lambda: done.append("b")], shards, segment=4)
    pool.run(threads, watch=lambda: None, interval=0.01)
    assert sorted(done) == ["a", "b"]
    assert [shard.segments for shard in shards] == [3, 8, 5]


def test_an_error_in_a_job_stops_the_others_and_comes_out():
    shard = Shard(10**9)

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        WorkPool([fail], [shard], segment=1).run(2, watch=lambda: None, interval=0.01)
    assert shard.remaining > 0


def test_an_interrupt_ends_long_jobs_before_it_comes_out():
    ended = []

    def long_job():
        while not pool.stopping:
            time.sleep(0.001)
        ended.append(True)
        raise StoppedError

    def interrupt():
        raise KeyboardInterrupt

    pool = WorkPool([long_job], [], segment=1)
    with pytest.raises(KeyboardInterrupt):
        pool.run(2, watch=interrupt, interval=0.01)
    assert ended

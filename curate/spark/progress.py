"""Counts of Spark's running tasks, from its status tracker."""

from pyspark import SparkContext

Counts = tuple[int, int]  # tasks done, tasks in all


def counts() -> Counts:
    """Return how many tasks of the jobs at work are done, and how many they have.

    A unit of work is a task. Stages of a job that are not started count with their tasks as
    soon as Spark knows them; (0, 0) where nothing is at work, or Spark not there yet.
    """
    context = SparkContext._active_spark_context
    if context is None:
        return 0, 0
    tracker = context.statusTracker()
    done = tasks = 0
    for job in tracker.getActiveJobsIds():
        info = tracker.getJobInfo(job)
        for number in info.stageIds if info else ():
            stage = tracker.getStageInfo(number)
            if stage is not None:
                done, tasks = done + stage.numCompletedTasks, tasks + stage.numTasks
    return done, tasks

import pytest


def test_a_batch_function_runs_in_a_worker(spark):
    frame = spark.range(0, 1000, 1, 3).mapInArrow(lambda batches: batches, "id long")
    assert sorted(row.id for row in frame.collect()) == list(range(1000))


@pytest.mark.parametrize("attempt", [1, 2])
def test_the_session_is_put_back_between_tests(spark, attempt):
    assert spark.conf.get("spark.sql.shuffle.partitions") == "2"
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.conf.get("spark.sql.parquet.mergeSchema") == "false"
    assert not spark.catalog.tableExists("left_over")
    assert spark.conf.get("spark.curate.left_over", None) is None
    spark.conf.set("spark.sql.shuffle.partitions", "7")
    spark.conf.unset("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.parquet.mergeSchema", "true")
    spark.conf.set("spark.curate.left_over", str(attempt))
    spark.range(1).createOrReplaceTempView("left_over")

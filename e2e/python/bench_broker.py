"""Does with confluent-kafka what the broker's bench does: prints seconds, seconds of processor and the peak of its memory in MB.

    bench_broker.py HOST:PORT produced|consumed COMPRESSION RECORDS
"""

import resource
import sys
import time

import confluent_kafka as ck

server, job, compression, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def produce():
    options = {"bootstrap.servers": server, "acks": "all", "enable.idempotence": True, "linger.ms": 5, "compression.type": compression}
    producer = ck.Producer(options | {"batch.size": 1_000_000, "queue.buffering.max.messages": 1_000_000})
    for n in range(count):
        text = f'{{"patient_id":"P{n % 1000:06}","source":"monitor-{n % 40}","heart_rate":{60 + n * 7919 % 80},"event_id":"{n * 0x9E3779B9:016x}"'
        value = text.ljust(279) + "}"
        while True:
            try:
                producer.produce("python", key=f"P{n % 1000:06}", value=value)
                break
            except BufferError:
                producer.poll(0.1)
        if n % 1000 == 0:
            producer.poll(0)
    assert producer.flush(120) == 0


def consume():
    consumer = ck.Consumer({"bootstrap.servers": server, "group.id": "bench", "auto.offset.reset": "earliest", "fetch.max.bytes": 8 << 20})
    consumer.assign([ck.TopicPartition("python", n, ck.OFFSET_BEGINNING) for n in range(16)])
    got = 0
    while got < count:
        got += sum(message.error() is None for message in consumer.consume(10_000, timeout=1))


began, used = time.monotonic(), time.process_time()
produce() if job == "produced" else consume()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 1_000_000
print(time.monotonic() - began, time.process_time() - used, peak)

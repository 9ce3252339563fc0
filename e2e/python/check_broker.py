"""Uses a broker with clients that others wrote, and compares what they see.

    check_broker.py HOST:PORT

confluent-kafka (librdkafka's own binding) and kafka-python (its own wire protocol) each make a topic, produce, read what the other
produced, share a topic as members of a group that grows and shrinks, commit, ask for offsets by time, and are refused what the
broker has not. Exit code 1 if one of them sees something else.
"""

import sys
import threading
import time
import uuid

import confluent_kafka as ck
import kafka
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic
from kafka.structs import OffsetAndMetadata

SERVER = sys.argv[1]
DEADLINE = 60
wrong = 0


def judge(what, got, want):
    global wrong
    wrong += got != want
    print(f"{what:70} {got} {'' if got == want else f'EXPECTED {want}'}")


def until(done, step):
    """Steps until done; what is not done in time shows in what is judged next."""
    end = time.monotonic() + DEADLINE
    while not done() and time.monotonic() < end:
        step()


def produce_confluent(topic, count):
    producer = ck.Producer({"bootstrap.servers": SERVER, "acks": "all", "enable.idempotence": True, "partitioner": "murmur2_random"})
    failed = []
    for n in range(count):
        producer.produce(topic, key=f"P{n % 100}", value=f"confluent {n}", on_delivery=lambda e, m: e and failed.append(e))
    producer.flush(DEADLINE)
    judge(f"confluent-kafka {ck.version()} produced to {topic}, failures", failed, [])


def produce_python(topic, count, **options):
    producer = kafka.KafkaProducer(bootstrap_servers=SERVER, **options)
    sent = [producer.send(topic, key=f"P{n % 100}".encode(), value=f"python {n}".encode()) for n in range(count)]
    producer.flush(timeout=DEADLINE)
    judge(f"kafka-python {kafka.__version__} produced to {topic} {options}", sum(s.succeeded() for s in sent), count)
    producer.close()


def consumer_confluent(group):
    options = {"bootstrap.servers": SERVER, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    return ck.Consumer(options | {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500})


def consumer_python(group):
    options = {"bootstrap_servers": SERVER, "group_id": group, "auto_offset_reset": "earliest", "enable_auto_commit": False}
    return kafka.KafkaConsumer(**options, session_timeout_ms=6000, heartbeat_interval_ms=500)


def topics():
    admin = AdminClient({"bootstrap.servers": SERVER})
    made = admin.create_topics([NewTopic("shared", 6, 1), NewTopic("python", 4, 1, config={"retention.ms": "3600000"})])
    for topic, future in made.items():
        judge(f"made {topic}", future.result(DEADLINE), None)
    listed = admin.list_topics(timeout=DEADLINE).topics
    judge("partitions of shared", len(listed["shared"].partitions), 6)
    described = admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, "python")])
    configs = next(iter(described.values())).result(DEADLINE)
    judge("retention.ms of python", configs["retention.ms"].value, "3600000")
    try:
        next(iter(admin.create_partitions([ck.admin.NewPartitions("shared", 12)]).values())).result(DEADLINE)
        judge("more partitions", "made", "refused")
    except ck.KafkaException as refused:
        judge("more partitions", refused.args[0].code(), ck.KafkaError.INVALID_PARTITIONS)
    return admin


def data():
    produce_confluent("shared", 3000)
    produce_python("python", 1000)
    produce_python("python", 1000, acks="all", compression_type="gzip")
    produce_python("python", 1000, acks="all", enable_idempotence=True)
    produce_python("python", 10, acks=0)

    # Each reads what the other wrote.
    reader = consumer_confluent("crossed")
    reader.subscribe(["python"])
    got = []
    until(lambda: len(got) >= 3010, lambda: got.extend(reader.consume(500, timeout=1)))
    judge("confluent-kafka read what kafka-python wrote", len({(m.partition(), m.offset()) for m in got}), 3010)
    judge("errors among them", [m.error() for m in got if m.error()], [])
    judge("whose time", {m.timestamp()[0] for m in got}, {ck.TIMESTAMP_LOG_APPEND_TIME})
    reader.close()

    reader = consumer_python("crossed")
    reader.subscribe(["shared"])
    rows = []
    until(lambda: len(rows) >= 3000, lambda: [rows.extend(part) for part in reader.poll(1000).values()])
    judge("kafka-python read what confluent-kafka wrote", len({(r.partition, r.offset) for r in rows}), 3000)
    judge("its values", {r.value for r in rows} == {f"confluent {n}".encode() for n in range(3000)}, True)
    # Both ask which partition a key goes to, and get the same answer.
    partitions = {}
    for row in rows:
        partitions.setdefault(row.key, set()).add(row.partition)
    judge("keys in more than one partition", [k for k, p in partitions.items() if len(p) > 1], [])
    return reader, rows


def offsets(reader, rows):
    parts = [kafka.TopicPartition("shared", n) for n in range(6)]
    ends = reader.end_offsets(parts)
    judge("sum of end offsets", sum(ends.values()), 3000)
    judge("beginnings", set(reader.beginning_offsets(parts).values()), {0})
    first = {p: min(r.timestamp for r in rows if r.partition == p.partition) for p in parts}
    by_time = reader.offsets_for_times(first)
    judge("offsets at the first time", {p.partition: o.offset for p, o in by_time.items()}, {n: 0 for n in range(6)})
    late = reader.offsets_for_times({p: int(time.time() * 1000) + 3_600_000 for p in parts})
    judge("offsets in an hour", set(late.values()), {None})
    reader.commit({parts[2]: OffsetAndMetadata(7, "seven", -1)})
    judge("committed in one partition", reader.committed(parts[2]), 7)
    judge("not in another", reader.committed(parts[1]), None)
    reader.close()

    # The other client sees the same commit.
    other = consumer_confluent("crossed")
    seen = other.committed([ck.TopicPartition("shared", n) for n in (1, 2)], timeout=DEADLINE)
    judge("seen by the other client", [t.offset for t in seen], [ck.OFFSET_INVALID, 7])
    low, high = other.get_watermark_offsets(ck.TopicPartition("shared", 2), timeout=DEADLINE)
    judge("watermarks", (low, high), (0, ends[parts[2]]))
    other.close()


def poll_python(consumer):
    # kafka-python 3.0.12 forgets that it joined when the time of a poll runs out meanwhile: it would wait for ever, without a
    # heartbeat.
    if consumer._coordinator._join_task is not None and consumer._coordinator._join_task.is_done:
        consumer._coordinator.request_rejoin()
    consumer.poll(1000)


class Member(threading.Thread):
    """A consumer that polls without a pause until it leaves."""

    def __init__(self, consumer, poll):
        super().__init__(daemon=True)
        self.consumer, self.poll, self.leaving, self.partitions = consumer, poll, False, []
        consumer.subscribe(["shared"])
        self.start()

    def run(self):
        while not self.leaving:
            self.poll(self.consumer)
            # Asked here: confluent-kafka answers no other thread while this one consumes.
            self.partitions = self.consumer.assignment()
        self.consumer.close()

    def leave(self):
        self.leaving = True
        self.join()


def groups(admin, make, poll, name):
    """Two members share; one leaves; the other has everything."""
    group = f"grown-{name}"
    wait = lambda: time.sleep(0.05)
    first = Member(make(group), poll)
    until(lambda: len(first.partitions) == 6, wait)
    judge(f"{name}: alone", len(first.partitions), 6)
    second = Member(make(group), poll)
    shared = lambda: (len(first.partitions), len(second.partitions))
    described = lambda: admin.describe_consumer_groups([group])[group].result(DEADLINE)
    until(lambda: shared() == (3, 3) and described().state.name == "STABLE", wait)
    judge(f"{name}: two share", shared(), (3, 3))
    both = {(p.topic, p.partition) for member in (first, second) for p in member.partitions}
    judge(f"{name}: nothing twice", len(both), 6)
    judge(f"{name}: members as described", (described().state.name, len(described().members)), ("STABLE", 2))
    listed = admin.list_consumer_groups(request_timeout=DEADLINE).result(DEADLINE)
    judge(f"{name}: in the list", group in {g.group_id for g in listed.valid}, True)
    second.leave()
    until(lambda: len(first.partitions) == 6, wait)
    judge(f"{name}: alone again", len(first.partitions), 6)
    first.leave()


def refusals():
    producer = ck.Producer({"bootstrap.servers": SERVER, "transactional.id": str(uuid.uuid4())})
    try:
        producer.init_transactions(10)
        judge("a transaction", "begun", "refused")
    except ck.KafkaException as refused:
        judge("a transaction", refused.args[0].code(), ck.KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)


def main():
    admin = topics()
    reader, rows = data()
    offsets(reader, rows)
    groups(admin, consumer_confluent, lambda c: c.consume(100, timeout=0.1), "confluent-kafka")
    groups(admin, consumer_python, poll_python, "kafka-python")
    refusals()
    return min(wrong, 1)


sys.exit(main())

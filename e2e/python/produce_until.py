"""Produces until its stdin ends, then waits until everything is acknowledged.

    produce_until.py HOST:PORT SEED

Events, and now and then what nobody can read as one. Prints a line of JSON for every record whose end is known: acknowledged (where,
and its bytes), or in doubt. Idempotence is on and nothing ever times out, so that a broker that comes back gets every record once.
"""

import base64
import json
import random
import sys
import threading

import confluent_kafka as ck

SERVER, SEED = sys.argv[1], int(sys.argv[2])
OPTIONS = {
    "bootstrap.servers": SERVER,
    "enable.idempotence": True,
    "acks": "all",
    "message.timeout.ms": 0,
    "message.send.max.retries": 2147483647,
    "partitioner": "murmur2_random",
    "linger.ms": 5,
    "reconnect.backoff.max.ms": 500,
    "queue.buffering.max.messages": 2000,
}
rng = random.Random(SEED)
stopped = threading.Event()


def say(what, **fields):
    print(json.dumps({what: fields}), flush=True)


def time_of(number, year):
    day, second = divmod(number * 12, 86400)
    return f"{year}-{3 + day // 28:02}-{1 + day % 28:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


def vitals(number, year=2025):
    return {
        "event_id": f"k-{number}",
        "patient_id": f"kp{number % 30}",
        "timestamp": time_of(number, year),
        "source": "crash-k",
        "heart_rate": 60 + number % 40,
    }


def lab(number):
    event = vitals(number) | {"test_name": "lactate", "value": 1 + number % 30 / 10, "unit": "mmol/L"}
    del event["heart_rate"]
    return event


def refused(number):
    """Bytes of which every one has to be in quarantine."""
    return [
        lambda: b'{"event_id": "k-%d", "patient_id": "kp1", "heart' % number,
        lambda: b"\xff\xfe\x00 k-%d" % number,
        lambda: json.dumps(vitals(number), indent=1).encode(),
        lambda: b"k-%d" % number,
        lambda: b"",
        lambda: None,
        lambda: json.dumps({"event_id": f"k-{number}", "heart_rate": 80}).encode(),
        lambda: json.dumps(vitals(number, year=2925)).encode(),
    ][rng.randrange(8)]()


def delivered(event_id, payload):
    def report(error, message):
        if error is not None:
            say("doubted", reason=str(error))
            return
        encoded = None if payload is None else base64.b64encode(payload).decode()
        place = {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()}
        say("acknowledged", **place, id=event_id, payload=encoded)

    return report


def wait_for_the_end():
    sys.stdin.read()
    stopped.set()


def produce(producer, number):
    key, topic = f"kp{number % 30}", rng.choice(["patient-vitals", "patient-vitals", "lab-results"])
    if rng.random() < 0.1:
        event_id, payload = None, refused(number)
    else:
        event = lab(number) if topic == "lab-results" else vitals(number)
        event_id, payload = event["event_id"], json.dumps(event).encode()
    producer.produce(topic, key=key, value=payload, on_delivery=delivered(event_id, payload))


threading.Thread(target=wait_for_the_end, daemon=True).start()
fatal = []
producer = ck.Producer(OPTIONS | {"error_cb": lambda error: error.fatal() and fatal.append(error)})
number = 0
while not stopped.is_set():
    if fatal:
        # An idempotent producer that lost its place: what is in flight is in doubt, and a new one goes on.
        producer.flush(10)
        fatal.clear()
        producer = ck.Producer(OPTIONS | {"error_cb": lambda error: error.fatal() and fatal.append(error)})
    for _ in range(rng.randrange(1, 20)):
        try:
            produce(producer, number)
            number += 1
        except BufferError:
            producer.poll(0.5)
        except ck.KafkaException as error:
            fatal.append(error)
    producer.poll(0)
    stopped.wait(rng.random() / 5)
while producer.flush(10) > 0:
    pass

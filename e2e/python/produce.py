"""Sends records as they are to a topic: one a line on stdin, a key, a blank and the value in hex.

    produce.py HOST:PORT TOPIC

What the log does not acknowledge is an error. Needs: confluent-kafka.
"""

import sys

import confluent_kafka as ck

server, topic = sys.argv[1:]
producer = ck.Producer({"bootstrap.servers": server, "acks": "all", "partitioner": "murmur2_random"})
failed = []
for line in sys.stdin:
    key, value = line.split()
    producer.produce(topic, key=key, value=bytes.fromhex(value), on_delivery=lambda error, _: error and failed.append(error))
left = producer.flush(60)
sys.exit(f"{failed}, {left} without an answer" if failed or left else 0)

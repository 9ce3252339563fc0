"""Drives the S3 endpoint with other people's clients.

    check_s3.py URL CREDENTIALS READ_ONLY_BUCKET KEY

URL is where it listens, CREDENTIALS the file that Strata made at its first start, KEY an object in the READ_ONLY_BUCKET. boto3 puts,
gets, lists, copies and deletes in the bucket `artifacts`, in parts and by presigned URLs; PyArrow, Polars and the `deltalake` package
write and read tables there. Exit code 1 if anything is otherwise than S3 has it.
"""

import concurrent.futures
import configparser
import hashlib
import io
import sys
import urllib.error
import urllib.request

import boto3
import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.fs as fs
import pyarrow.parquet as pq
from boto3.s3.transfer import TransferConfig
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET = "artifacts"


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]["Code"]
        assert got in code.split("|"), f"{call.__name__} {arguments}: {got}, not {code}"
        return
    raise AssertionError(f"{call.__name__} {arguments} was not refused")


def objects(s3):
    s3.put_object(Bucket=BUCKET, Key="one/two.txt", Body=b"0123456789", ContentType="text/plain", Metadata={"who": "me"})
    got = s3.get_object(Bucket=BUCKET, Key="one/two.txt")
    assert got["Body"].read() == b"0123456789" and got["ContentType"] == "text/plain" and got["Metadata"] == {"who": "me"}
    assert got["ETag"] == f'"{hashlib.md5(b"0123456789").hexdigest()}"', got["ETag"]
    for asked, want, place in [("bytes=2-4", b"234", "bytes 2-4/10"), ("bytes=7-", b"789", "bytes 7-9/10"), ("bytes=-3", b"789", "bytes 7-9/10")]:
        part = s3.get_object(Bucket=BUCKET, Key="one/two.txt", Range=asked)
        assert (part["Body"].read(), part["ContentRange"]) == (want, place), asked
        assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
    refused("InvalidRange", s3.get_object, Bucket=BUCKET, Key="one/two.txt", Range="bytes=10-")
    head = s3.head_object(Bucket=BUCKET, Key="one/two.txt")
    assert head["ContentLength"] == 10 and head["ETag"] == got["ETag"]
    refused("304", s3.get_object, Bucket=BUCKET, Key="one/two.txt", IfNoneMatch=got["ETag"])
    refused("PreconditionFailed", s3.get_object, Bucket=BUCKET, Key="one/two.txt", IfMatch='"other"')
    refused("304", s3.get_object, Bucket=BUCKET, Key="one/two.txt", IfModifiedSince=got["LastModified"])
    refused("NoSuchKey", s3.get_object, Bucket=BUCKET, Key="one/nothing")
    refused("404", s3.head_object, Bucket=BUCKET, Key="one/nothing")

    # Put if absent, and over a known one only.
    refused("PreconditionFailed", s3.put_object, Bucket=BUCKET, Key="one/two.txt", Body=b"x", IfNoneMatch="*")
    refused("PreconditionFailed", s3.put_object, Bucket=BUCKET, Key="one/two.txt", Body=b"x", IfMatch='"other"')
    s3.put_object(Bucket=BUCKET, Key="one/new", Body=b"x", IfNoneMatch="*")
    s3.put_object(Bucket=BUCKET, Key="one/new", Body=b"y", IfMatch=f'"{hashlib.md5(b"x").hexdigest()}"')

    # What arrives damaged is refused.
    refused("BadDigest", s3.put_object, Bucket=BUCKET, Key="one/bad", Body=b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
    refused("BadDigest|InvalidRequest|InvalidArgument", s3.put_object, Bucket=BUCKET, Key="one/bad", Body=b"x", ChecksumSHA256="AAAA")
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        s3.put_object(Bucket=BUCKET, Key="one/sum", Body=b"x" * 100_000, ChecksumAlgorithm=algorithm)

    s3.copy_object(Bucket=BUCKET, Key="three/copy", CopySource={"Bucket": BUCKET, "Key": "one/two.txt"})
    copy = s3.get_object(Bucket=BUCKET, Key="three/copy")
    assert copy["Body"].read() == b"0123456789" and copy["Metadata"] == {"who": "me"}
    s3.put_object(Bucket=BUCKET, Key="ä ö/+%20&\"'<>", Body=b"odd")
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, Prefix="ä")["Contents"]] == ["ä ö/+%20&\"'<>"]
    assert s3.get_object(Bucket=BUCKET, Key="ä ö/+%20&\"'<>")["Body"].read() == b"odd"
    s3.put_object(Bucket=BUCKET, Key="folder/", Body=b"")
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, Prefix="folder/")["Contents"]] == ["folder/"]
    s3.put_object(Bucket=BUCKET, Key="empty", Body=b"")
    assert s3.get_object(Bucket=BUCKET, Key="empty")["Body"].read() == b""


def listings(s3):
    keys = sorted(f"many/{number % 7}/{number:05}" for number in range(2500))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=BUCKET, Key=key, Body=b"x"), keys))
    for kind in ["list_objects_v2", "list_objects"]:
        pages = list(s3.get_paginator(kind).paginate(Bucket=BUCKET, Prefix="many/"))
        assert [len(page["Contents"]) for page in pages] == [1000, 1000, 500], kind
        assert [found["Key"] for page in pages for found in page["Contents"]] == keys, kind
        for size in [1, 3, 1000]:
            pages = s3.get_paginator(kind).paginate(Bucket=BUCKET, Prefix="many/", Delimiter="/", PaginationConfig={"PageSize": size})
            assert [found["Prefix"] for page in pages for found in page.get("CommonPrefixes", [])] == [f"many/{n}/" for n in range(7)], kind
    after = s3.list_objects_v2(Bucket=BUCKET, Prefix="many/", StartAfter=keys[2495])
    assert [found["Key"] for found in after["Contents"]] == keys[2496:] and not after["IsTruncated"]
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="many/9")
    for at in range(0, len(keys), 1000):
        batch = {"Objects": [{"Key": key} for key in keys[at : at + 1000]]}
        assert len(s3.delete_objects(Bucket=BUCKET, Delete=batch)["Deleted"]) == len(batch["Objects"])
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="many/")


def parts(s3, folder="large"):
    body = bytes(range(256)) * (12 * 4096)
    assert len(body) == 12 << 20
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_fileobj(io.BytesIO(body), BUCKET, f"{folder}/transfer", Config=config)
    got = s3.get_object(Bucket=BUCKET, Key=f"{folder}/transfer")
    assert got["Body"].read() == body
    md5s = b"".join(hashlib.md5(body[at : at + (5 << 20)]).digest() for at in range(0, len(body), 5 << 20))
    assert got["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-3"', got["ETag"]

    begun = s3.create_multipart_upload(Bucket=BUCKET, Key=f"{folder}/by hand", ContentType="x/y")
    upload = {"Bucket": BUCKET, "Key": f"{folder}/by hand", "UploadId": begun["UploadId"]}
    tags = []
    for number, at in [(2, 5 << 20), (1, 0), (3, 10 << 20)]:
        put = s3.upload_part(**upload, PartNumber=number, Body=body[at : at + (5 << 20)])
        tags.append({"PartNumber": number, "ETag": put["ETag"]})
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{folder}/by")
    assert [part["Size"] for part in s3.list_parts(**upload)["Parts"]] == [5 << 20, 5 << 20, 2 << 20]
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == [f"{folder}/by hand"]
    refused("InvalidPartOrder", s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": tags})
    tags.sort(key=lambda part: part["PartNumber"])
    wrong = [{**tags[0], "ETag": '"00000000000000000000000000000000"'}, *tags[1:]]
    refused("InvalidPart", s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": wrong})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": tags})
    got = s3.get_object(Bucket=BUCKET, Key=f"{folder}/by hand", Range="bytes=5242870-5242890")
    assert got["Body"].read() == body[5242870:5242891] and got["ContentType"] == "x/y"
    refused("NoSuchUpload", s3.list_parts, **upload)

    begun = s3.create_multipart_upload(Bucket=BUCKET, Key=f"{folder}/aborted")
    upload = {"Bucket": BUCKET, "Key": f"{folder}/aborted", "UploadId": begun["UploadId"]}
    s3.upload_part(**upload, PartNumber=1, Body=b"x")
    s3.upload_part_copy(**upload, PartNumber=2, CopySource=f"{BUCKET}/{folder}/transfer", CopySourceRange="bytes=0-99")
    assert s3.list_parts(**upload)["Parts"][1]["Size"] == 100
    s3.abort_multipart_upload(**upload)
    refused("NoSuchUpload", s3.upload_part, **upload, PartNumber=1, Body=b"x")
    # Which of the two depends on how a version of the client signs dots.
    refused("NoSuchUpload|SignatureDoesNotMatch", s3.upload_part, **{**upload, "UploadId": "../../../raw"}, PartNumber=1, Body=b"x")


def plain_http(method, url, body=None):
    request = urllib.request.Request(url, data=body, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def presigned(s3, url):
    put = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "signed"}, ExpiresIn=60)
    assert plain_http("PUT", put, b"by plain HTTP")[0] == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "signed"}, ExpiresIn=60)
    assert plain_http("GET", get) == (200, b"by plain HTTP")
    assert plain_http("GET", get.replace("/signed?", "/empty?"))[0] == 403, "signed for another key"
    assert plain_http("DELETE", get)[0] == 403, "signed for another method"
    assert plain_http("GET", get[:-1] + ("0" if get[-1] != "0" else "1"))[0] == 403, "another signature"
    assert plain_http("GET", get.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))[0] == 403, "longer than it was signed for"
    assert plain_http("GET", f"{url}/{BUCKET}/signed")[0] == 403, "without a signature"


def shut_out(s3, client, bucket, key, secret):
    anonymous = client(config=Config(signature_version=UNSIGNED))
    for call, arguments in [
        (anonymous.list_buckets, {}),
        (anonymous.list_objects_v2, {"Bucket": BUCKET}),
        (anonymous.get_object, {"Bucket": BUCKET, "Key": "empty"}),
        (anonymous.put_object, {"Bucket": BUCKET, "Key": "mine", "Body": b"x"}),
        (anonymous.delete_object, {"Bucket": BUCKET, "Key": "empty"}),
        (anonymous.get_object, {"Bucket": bucket, "Key": key}),
    ]:
        refused("AccessDenied", call, **arguments)
    refused("SignatureDoesNotMatch", client(aws_secret_access_key=secret[::-1]).list_buckets)
    refused("InvalidAccessKeyId|AccessDenied|NotSignedUp", client(aws_access_key_id="AKIA0").list_buckets)

    # What Strata writes is read, and only read.
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert key in [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    refused("AccessDenied", s3.put_object, Bucket=bucket, Key=key, Body=b"x")
    refused("AccessDenied", s3.delete_object, Bucket=bucket, Key=key)
    refused("AccessDenied", s3.copy_object, Bucket=bucket, Key="copy", CopySource=f"{BUCKET}/empty")
    refused("AccessDenied", s3.create_multipart_upload, Bucket=bucket, Key="copy")
    s3.copy_object(Bucket=BUCKET, Key="from the lake", CopySource=f"{bucket}/{key}")

    # Nothing else of the data folder is there.
    for other in ["config", "run", "elsewhere"]:
        refused("NoSuchBucket", s3.list_objects_v2, Bucket=other)
    refused("NoSuchBucket", s3.copy_object, Bucket=BUCKET, Key="stolen", CopySource="config/s3-credentials")
    for path in ["../config/s3-credentials", "a/../../config/s3-credentials", "/etc/passwd", ".strata/facts", "a//b", "a/./b"]:
        refused("InvalidArgument|NoSuchKey|SignatureDoesNotMatch", s3.get_object, Bucket=BUCKET, Key=path)
        refused("InvalidArgument|NoSuchKey|SignatureDoesNotMatch", s3.put_object, Bucket=BUCKET, Key=path, Body=b"x")
        refused("InvalidArgument|NoSuchKey|SignatureDoesNotMatch", s3.copy_object, Bucket=BUCKET, Key="x", CopySource={"Bucket": BUCKET, "Key": path})
    refused("NotImplemented|AccessDenied", s3.create_bucket, Bucket="mine-own")
    refused("NotImplemented", s3.put_bucket_acl, Bucket=BUCKET, ACL="public-read")
    refused("NotImplemented", s3.delete_bucket, Bucket=BUCKET)


def tables(url, key_id, secret):
    options = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-east-1"}
    rows = pa.table({"patient": [f"P{number % 50}" for number in range(10_000)], "value": list(range(10_000))})
    arrow = fs.S3FileSystem(access_key=key_id, secret_key=secret, endpoint_override=url, scheme="http", region="us-east-1")
    pq.write_table(rows, f"{BUCKET}/arrow/rows.parquet", filesystem=arrow, row_group_size=1000)
    assert pq.read_table(f"{BUCKET}/arrow/rows.parquet", filesystem=arrow, filters=[("value", "<", 10)]).num_rows == 10

    table = f"s3://{BUCKET}/delta"
    for _ in range(3):
        deltalake.write_deltalake(table, rows, mode="append", storage_options={**options, "AWS_ALLOW_HTTP": "true", "aws_conditional_put": "etag"})
    frame = pl.scan_delta(table, storage_options={**options, "AWS_ALLOW_HTTP": "true"})
    assert frame.select(pl.len()).collect().item() == 30_000
    assert frame.filter(pl.col("value") == 7).select(pl.len()).collect().item() == 3


def main(url, credentials, bucket, key):
    file = configparser.ConfigParser()
    file.read(credentials)
    key_id, secret = file["default"]["aws_access_key_id"], file["default"]["aws_secret_access_key"]

    def client(**other):
        given = {"aws_access_key_id": key_id, "aws_secret_access_key": secret, "region_name": "us-east-1"}
        return boto3.client("s3", endpoint_url=url, **{**given, **other})

    config = Config(max_pool_connections=16, s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    s3 = client(config=config)
    assert [found["Name"] for found in s3.list_buckets()["Buckets"]] == ["artifacts", "raw", "runs", "tables"]
    s3.head_bucket(Bucket=BUCKET)
    steps = {
        "objects": lambda: objects(s3),
        "listings": lambda: listings(s3),
        "parts": lambda: parts(s3),
        "presigned": lambda: presigned(client(config=Config(signature_version="s3v4")), url),
        "shut out": lambda: shut_out(s3, client, bucket, key, secret),
        "tables": lambda: tables(url, key_id, secret),
    }
    for name, step in steps.items():
        step()
        print(f"{name}: as S3 has it")
    left = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": found["Key"]} for found in left], "Quiet": True})
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


if __name__ == "__main__":
    main(*sys.argv[1:])

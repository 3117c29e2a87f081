# Run by boto3.ts. Arguments: endpoint, signature version, bucket, folder of the files, SQL, the expected rows. Prints a line a check.
import io
import os
import sys

import boto3
from botocore.client import Config

endpoint, version, bucket, files, sql, expected = sys.argv[1:]
client = boto3.client("s3", endpoint_url=endpoint, config=Config(signature_version=version, s3={"addressing_style": "path"}))


def check(holds, what):
    if not holds:
        sys.exit(version + ": " + what)
    print(version + ": " + what)


def content(name):
    with open(os.path.join(files, name), "rb") as file:
        return file.read()


client.create_bucket(Bucket=bucket)
names = ["tables/t.csv", "tables/t.json", "tables/t.parquet"]
for name in names:
    client.put_object(Bucket=bucket, Key=name, Body=content(name), Metadata={"one": "1"}, ContentType="text/plain")
    check(client.get_object(Bucket=bucket, Key=name)["Body"].read() == content(name), "put and get " + name)
client.put_object(Bucket=bucket, Key="a b+c/é%&<>", Body=b"odd")
check(client.get_object(Bucket=bucket, Key="a b+c/é%&<>")["Body"].read() == b"odd", "a key of odd characters")
head = client.head_object(Bucket=bucket, Key=names[0])
check(head["Metadata"] == {"one": "1"} and head["ContentLength"] == len(content(names[0])), "head")
pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
check([entry["Key"] for page in pages for entry in page["Contents"]] == ["a b+c/é%&<>"] + names, "list, in pages")
check(client.get_object(Bucket=bucket, Key=names[0], Range="bytes=2-5")["Body"].read() == content(names[0])[2:6], "a range")
client.upload_file(os.path.join(files, "large"), bucket, "large")
there = io.BytesIO()
client.download_fileobj(bucket, "large", there)
check(there.getvalue() == content("large"), "64 MiB in parts")
link = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": names[0]})
from urllib.request import urlopen

check(urlopen(link).read() == content(names[0]), "a presigned link")
for name, serialization in zip(names, [{"CSV": {"FileHeaderInfo": "Use"}}, {"JSON": {"Type": "Lines"}}, {"Parquet": {}}]):
    events = client.select_object_content(
        Bucket=bucket,
        Key=name,
        ExpressionType="SQL",
        Expression=sql,
        InputSerialization=serialization,
        OutputSerialization={"CSV": {"RecordDelimiter": "\n"}},
    )["Payload"]
    rows = b"".join(event["Records"]["Payload"] for event in events if "Records" in event)
    check(rows.decode() == expected, "select " + name)
client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name} for name in names + ["large"]]})
client.delete_object(Bucket=bucket, Key="a b+c/é%&<>")
client.delete_bucket(Bucket=bucket)
check(bucket not in [entry["Name"] for entry in client.list_buckets()["Buckets"]], "delete")

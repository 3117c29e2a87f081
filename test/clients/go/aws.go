// Built by go.ts with check.go, which says how it is run.
package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func main() {
	endpoint, access, secret, files, sql, expected := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]
	ctx := context.Background()
	client := s3.New(s3.Options{
		Region:           "us-east-1",
		Credentials:      credentials.NewStaticCredentialsProvider(access, secret, ""),
		EndpointResolver: s3.EndpointResolverFromURL(endpoint),
		UsePathStyle:     true,
	})
	bucket := aws.String("bucket")
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
	must(err)
	get := func(key string, byteRange *string) []byte {
		object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String(key), Range: byteRange})
		must(err)
		content, err := io.ReadAll(object.Body)
		must(err)
		return content
	}
	uploader := manager.NewUploader(client, func(uploader *manager.Uploader) { uploader.PartSize = 8 << 20 })
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(files, name))
		must(err)
		_, err = uploader.Upload(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String(name), Body: bytes.NewReader(content)})
		must(err)
		check(bytes.Equal(get(name, nil), content), "upload and get "+name)
	}
	large, err := os.ReadFile(filepath.Join(files, "large"))
	must(err)
	check(bytes.Equal(get("large", aws.String("bytes=8388606-8388609")), large[8<<20-2:8<<20+2]), "a range")
	listed := ""
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket, MaxKeys: 2})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(err)
		for _, object := range page.Contents {
			listed += *object.Key + " "
		}
	}
	check(listed == "large tables/t.csv tables/t.json tables/t.parquet ", "list, in pages")

	inputs := []types.InputSerialization{
		{CSV: &types.CSVInput{FileHeaderInfo: types.FileHeaderInfoUse}},
		{JSON: &types.JSONInput{Type: types.JSONTypeLines}},
		{Parquet: &types.ParquetInput{}},
	}
	for index := range inputs {
		answer, err := client.SelectObjectContent(ctx, &s3.SelectObjectContentInput{
			Bucket: bucket, Key: aws.String(names[index]), Expression: aws.String(sql), ExpressionType: types.ExpressionTypeSql,
			InputSerialization: &inputs[index], OutputSerialization: &types.OutputSerialization{CSV: &types.CSVOutput{}},
		})
		must(err)
		rows := ""
		for event := range answer.GetStream().Events() {
			if records, is := event.(*types.SelectObjectContentEventStreamMemberRecords); is {
				rows += string(records.Value.Payload)
			}
		}
		must(answer.GetStream().Err())
		check(rows == expected, "select "+names[index])
	}
	for _, name := range names {
		_, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String(name)})
		must(err)
	}
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket})
	must(err)
	check(true, "delete")
}

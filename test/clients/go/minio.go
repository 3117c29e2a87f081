// Built by go.ts with check.go, which says how it is run.
package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func main() {
	endpoint, access, secret, files, sql, expected := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]
	ctx := context.Background()
	scheme, host, _ := strings.Cut(endpoint, "://")
	client, err := minio.New(host, &minio.Options{Creds: credentials.NewStaticV4(access, secret, ""), Secure: scheme == "https"})
	must(err)
	const bucket = "bucket"
	must(client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}))
	get := func(key string, options minio.GetObjectOptions) []byte {
		object, err := client.GetObject(ctx, bucket, key, options)
		must(err)
		content, err := io.ReadAll(object)
		must(err)
		return content
	}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(files, name))
		must(err)
		_, err = client.PutObject(ctx, bucket, name, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{PartSize: 8 << 20})
		must(err)
		check(bytes.Equal(get(name, minio.GetObjectOptions{}), content), "put and get "+name)
	}
	ranged := minio.GetObjectOptions{}
	must(ranged.SetRange(8<<20-2, 8<<20+1))
	large, err := os.ReadFile(filepath.Join(files, "large"))
	must(err)
	check(bytes.Equal(get("large", ranged), large[8<<20-2:8<<20+2]), "a range")
	listed := ""
	for object := range client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: true, MaxKeys: 2}) {
		must(object.Err)
		listed += object.Key + " "
	}
	check(listed == "large tables/t.csv tables/t.json tables/t.parquet ", "list, in pages")

	csv := minio.CSVInputOptions{FileHeaderInfo: minio.CSVFileHeaderInfoUse}
	inputs := []minio.SelectObjectInputSerialization{{CSV: &csv}, {JSON: &minio.JSONInputOptions{Type: minio.JSONLinesType}}, {Parquet: &minio.ParquetInputOptions{}}}
	for index, input := range inputs {
		input.CompressionType = minio.SelectCompressionNONE
		options := minio.SelectObjectOptions{Expression: sql, ExpressionType: minio.QueryExpressionTypeSQL, InputSerialization: input}
		options.OutputSerialization = minio.SelectObjectOutputSerialization{CSV: &minio.CSVOutputOptions{}}
		results, err := client.SelectObjectContent(ctx, bucket, names[index], options)
		must(err)
		rows, err := io.ReadAll(results)
		must(err)
		check(string(rows) == expected, "select "+names[index])
	}
	for _, name := range names {
		must(client.RemoveObject(ctx, bucket, name, minio.RemoveObjectOptions{}))
	}
	must(client.RemoveBucket(ctx, bucket))
	there, err := client.BucketExists(ctx, bucket)
	must(err)
	check(!there, "delete")
}

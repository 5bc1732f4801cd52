package main

import (
	"bytes"
	"context"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
	"github.com/aws/aws-sdk-go-v2/service/redshiftserverless"
)

// The AWS SDK for Go v2, with nothing set but AWS_ENDPOINT_URL.
func api() {
	ctx := context.Background()
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		panic(err)
	}
	client := redshift.NewFromConfig(settings)
	cluster := aws.String(fact("CLUSTER"))
	scenario("documented", runDocumented)
	scenario("api", func() error {
		told, err := client.DescribeClusters(ctx, &redshift.DescribeClustersInput{ClusterIdentifier: cluster})
		if err != nil {
			return err
		}
		if err := equal(strconv.Itoa(int(*told.Clusters[0].Endpoint.Port)), fact("PORT")); err != nil {
			return err
		}
		credentials, err := client.GetClusterCredentials(ctx, &redshift.GetClusterCredentialsInput{
			ClusterIdentifier: cluster,
			DbUser:            aws.String(fact("DB_USER")),
			DbGroups:          []string{fact("DB_GROUP")},
		})
		if err != nil {
			return err
		}
		if err := equal(*credentials.DbUser, "IAM:"+fact("DB_USER")+":"+fact("DB_GROUP")); err != nil {
			return err
		}
		_, err = client.DescribeClusters(ctx, &redshift.DescribeClustersInput{ClusterIdentifier: aws.String("nowhere")})
		return refused(err, "ClusterNotFound", "Cluster nowhere not found.")
	})
	scenario("iam", func() error {
		own, err := client.GetClusterCredentialsWithIAM(ctx, &redshift.GetClusterCredentialsWithIAMInput{ClusterIdentifier: cluster})
		if err != nil {
			return err
		}
		if err := equal(*own.DbUser, "IAM:RootIdentity"); err != nil {
			return err
		}
		serverless := redshiftserverless.NewFromConfig(settings)
		credentials, err := serverless.GetCredentials(ctx, &redshiftserverless.GetCredentialsInput{WorkgroupName: aws.String("default")})
		if err != nil {
			return err
		}
		if err := equal(*credentials.DbUser, "IAM:RootIdentity"); err != nil {
			return err
		}
		_, err = serverless.GetWorkgroup(ctx, &redshiftserverless.GetWorkgroupInput{WorkgroupName: aws.String("nowhere")})
		return refused(err, "ResourceNotFoundException")
	})
	scenario("token", func() error {
		for name, value := range map[string]string{
			"AWS_ACCESS_KEY_ID":     fact("SESSION_ACCESS_KEY_ID"),
			"AWS_SECRET_ACCESS_KEY": fact("SESSION_SECRET_ACCESS_KEY"),
			"AWS_SESSION_TOKEN":     fact("SESSION_SESSION_TOKEN"),
		} {
			present := os.Getenv(name)
			os.Setenv(name, value)
			defer os.Setenv(name, present)
		}
		role, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return err
		}
		own, err := redshift.NewFromConfig(role).GetClusterCredentialsWithIAM(ctx, &redshift.GetClusterCredentialsWithIAMInput{ClusterIdentifier: cluster})
		if err != nil {
			return err
		}
		return equal(*own.DbUser, fact("SESSION_DB_USER"))
	})
	scenario("data", func() error { return data(ctx, settings) })
	scenario("verify", func() error {
		describe := func(authority string) error {
			pem, err := os.ReadFile(authority)
			if err != nil {
				return err
			}
			trusting, err := config.LoadDefaultConfig(ctx, config.WithCustomCABundle(bytes.NewReader(pem)))
			if err != nil {
				return err
			}
			inTls := redshift.NewFromConfig(trusting, func(o *redshift.Options) { o.BaseEndpoint = aws.String(fact("ENDPOINT_TLS")) })
			_, err = inTls.DescribeClusters(ctx, &redshift.DescribeClustersInput{})
			return err
		}
		if err := describe(fact("CA_FILE")); err != nil {
			return err
		}
		return refused(describe(fact("OTHER_CA_FILE")), "certificate")
	})
}

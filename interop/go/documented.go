package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/redshift"
)

// What was compiled, in which the code of the page must be.
//
//go:embed documented.go
var source string

// The code of docs/clients/aws-sdk-go.md.
func documentedUser(ctx context.Context) error {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	credentials, err := redshift.NewFromConfig(settings).GetClusterCredentials(ctx, &redshift.GetClusterCredentialsInput{
		ClusterIdentifier: aws.String("examplecluster"),
		DbUser:            aws.String("temp_creds_user"),
		DbName:            aws.String("exampledb"),
		DbGroups:          []string{"example_group"},
	})
	if err != nil {
		return err
	}
	fmt.Println(*credentials.DbUser)
	return nil
}

// Prints the user of the login that the page's code gets, in whatever environment this runs.
func documented() {
	if err := documentedUser(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// Runs that in the environment of the page, when it is the page's code.
func runDocumented() error {
	indented := "\t" + strings.ReplaceAll(fact("STRINGS_2"), "\n", "\n\t")
	if !strings.Contains(source, indented) {
		return fmt.Errorf("the code of the page is not what was compiled")
	}
	output, err := exec.Command("bash", "shell/documented.sh", os.Args[0], "documented").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	user := "IAM:" + fact("DB_USER") + ":" + fact("DB_GROUP") + "\n"
	return equal(string(output), user+user)
}

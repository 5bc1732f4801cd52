package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"
)

// Runs a statement to its end.
func ended(ctx context.Context, client *redshiftdata.Client, sql string, parameters ...types.SqlParameter) (*redshiftdata.DescribeStatementOutput, error) {
	at, err := client.ExecuteStatement(ctx, &redshiftdata.ExecuteStatementInput{
		ClusterIdentifier: aws.String(fact("CLUSTER")),
		Database:          aws.String(fact("DATABASE")),
		DbUser:            aws.String(fact("DB_USER")),
		Sql:               aws.String(sql),
		Parameters:        parameters,
	})
	if err != nil {
		return nil, err
	}
	for {
		told, err := client.DescribeStatement(ctx, &redshiftdata.DescribeStatementInput{Id: at.Id})
		if err != nil {
			return nil, err
		}
		switch told.Status {
		case types.StatusStringFinished, types.StatusStringFailed, types.StatusStringAborted:
			return told, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A statement with a parameter, one that fails, and an id that never was.
func data(ctx context.Context, settings aws.Config) error {
	client := redshiftdata.NewFromConfig(settings)
	typed, err := ended(ctx, client, "select :n::int as n", types.SqlParameter{Name: aws.String("n"), Value: aws.String("7")})
	if err != nil {
		return err
	}
	page, err := client.GetStatementResult(ctx, &redshiftdata.GetStatementResultInput{Id: typed.Id})
	if err != nil {
		return err
	}
	value, isLong := page.Records[0][0].(*types.FieldMemberLongValue)
	if !isLong || value.Value != 7 {
		return fmt.Errorf("another value: %v", page.Records)
	}
	denied, err := ended(ctx, client, "select count(*) from example.sales")
	if err != nil {
		return err
	}
	if err := refused(errors.New(aws.ToString(denied.Error)), "permission denied"); err != nil {
		return err
	}
	_, err = client.DescribeStatement(ctx, &redshiftdata.DescribeStatementInput{Id: aws.String("70662acc-f334-46f8-b953-3a9546796d7a")})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		return fmt.Errorf("not ResourceNotFoundException: %v", err)
	}
	return nil
}

#!/usr/bin/env bash
# The AWS CLI, with nothing set but AWS_ENDPOINT_URL.
. shell/scenarios.sh
aws=$1/bin/aws

api() {
  equal "$($aws redshift describe-clusters --query 'Clusters[0].Endpoint.Port' --output text)" "$KS_PORT"
  equal "$($aws redshift get-cluster-credentials --cluster-identifier "$KS_CLUSTER" --db-user "$KS_DB_USER" \
    --db-name "$KS_DATABASE" --auto-create --db-groups "$KS_DB_GROUP" --query DbUser --output text)" \
    "IAMA:$KS_DB_USER:$KS_DB_GROUP"
  refused 'ClusterNotFound|Cluster nowhere not found.' $aws redshift describe-clusters --cluster-identifier nowhere
}
iam() {
  equal "$($aws redshift get-cluster-credentials-with-iam --cluster-identifier "$KS_CLUSTER" --query DbUser \
    --output text)" IAM:RootIdentity
  equal "$($aws redshift-serverless get-credentials --workgroup-name default --query dbUser --output text)" \
    IAM:RootIdentity
  equal "$($aws redshift-serverless list-workgroups --query 'workgroups[0].status' --output text)" AVAILABLE
}
data() {
  local id status
  id=$($aws redshift-data execute-statement --cluster-identifier "$KS_CLUSTER" --database "$KS_DATABASE" --db-user "$KS_DB_USER" \
    --sql 'select :n::int as n' --parameters '[{"name": "n", "value": "7"}]' --query Id --output text)
  while status=$($aws redshift-data describe-statement --id "$id" --query Status --output text); do
    case $status in
      FINISHED) break ;;
      FAILED | ABORTED) echo "$status"; return 1 ;;
    esac
  done
  equal "$($aws redshift-data get-statement-result --id "$id" --query 'Records[0][0].longValue' --output text)" 7
  refused ResourceNotFoundException $aws redshift-data describe-statement --id 70662acc-f334-46f8-b953-3a9546796d7a
}
token() {
  export AWS_ACCESS_KEY_ID=$KS_SESSION_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$KS_SESSION_SECRET_ACCESS_KEY
  export AWS_SESSION_TOKEN=$KS_SESSION_SESSION_TOKEN
  equal "$($aws sts get-caller-identity --query Arn --output text)" \
    arn:aws:sts::$KS_ACCOUNT_ID:assumed-role/interop_role/interop
  equal "$($aws redshift get-cluster-credentials-with-iam --cluster-identifier "$KS_CLUSTER" --query DbUser \
    --output text)" "$KS_SESSION_DB_USER"
}
verify() {
  export AWS_ENDPOINT_URL=$KS_ENDPOINT_TLS
  AWS_CA_BUNDLE=$KS_CA_FILE $aws redshift describe-clusters --query 'Clusters[0].ClusterStatus' --output text
  export AWS_CA_BUNDLE=$KS_OTHER_CA_FILE
  refused 'SSL validation failed' $aws redshift describe-clusters
}

documented() {
  local output
  output=$(PATH=$(dirname "$aws"):$PATH bash shell/documented.sh bash -ec "$KS_STRINGS_2")
  # Three commands, by HTTP and by HTTPS.
  equal "$(echo "$output" | grep -c -i '"dbPassword"')" 6
  equal "$(echo "$output" | grep -c "IAMA:$KS_DB_USER:$KS_DB_GROUP")" 2
  equal "$(echo "$output" | grep -c IAM:RootIdentity)" 4
}

for name in documented api iam data token verify; do scenario $name; done

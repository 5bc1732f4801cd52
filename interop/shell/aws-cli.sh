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
  PATH=$(dirname "$aws"):$PATH
  # The environment as the page has it, and nothing else of it.
  local keys="s|AWS_ACCESS_KEY_ID=…|AWS_ACCESS_KEY_ID=$KS_ACCESS_KEY_ID|; s|AWS_SECRET_ACCESS_KEY=…|AWS_SECRET_ACCESS_KEY=$KS_SECRET_ACCESS_KEY|"
  local output
  output=$(env -i PATH="$PATH" HOME="$HOME" bash -ec "$(echo "$KS_STRINGS_0" | sed "$keys")
$KS_STRINGS_1")
  # Three commands, three logins.
  equal "$(echo "$output" | grep -c -i '"dbPassword"')" 3
  echo "$output" | grep -q "IAMA:$KS_DB_USER:$KS_DB_GROUP"
  equal "$(echo "$output" | grep -c IAM:RootIdentity)" 2
}

for name in documented api iam token verify; do scenario $name; done

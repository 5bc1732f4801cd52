#!/usr/bin/env bash
# The AWS CLI, with nothing set but AWS_ENDPOINT_URL.
. shell/scenarios.sh
aws=$1

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

documented() {
  # The first block is the environment, which is set here.
  PATH=$(dirname "$aws"):$PATH
  eval "$KS_STRINGS_1" | grep -q IAM:RootIdentity
}

scenario documented
scenario api
scenario iam

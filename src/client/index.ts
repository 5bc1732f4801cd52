/** Keyshift for programs that need a login: the subpath `keyshift/client`. */
export { AwsError } from '../core/errors.ts';
export { Secret } from '../core/secret.ts';
export { type CallResult, call, type Endpoint, type ServiceName } from './call.ts';
export {
  type ClusterCredentials,
  type ClusterCredentialsRequest,
  getClusterCredentials,
} from './get-cluster-credentials.ts';

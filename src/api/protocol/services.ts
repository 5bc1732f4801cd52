import { iamData } from '../services/iam.generated.ts';
import { keyshiftData } from '../services/keyshift.ts';
import { redshiftData } from '../services/redshift.generated.ts';
import { redshiftDataData } from '../services/redshift-data.generated.ts';
import { redshiftServerlessData } from '../services/redshift-serverless.generated.ts';
import { stsData } from '../services/sts.generated.ts';
import { ServiceTable } from '../services/table.ts';

/** The services that answer on one port. How a request finds its own: `decodeCall`. */

export const iamTable = new ServiceTable(iamData);
export const stsTable = new ServiceTable(stsData);
export const redshiftTable = new ServiceTable(redshiftData);
export const redshiftServerlessTable = new ServiceTable(redshiftServerlessData);
export const redshiftDataTable = new ServiceTable(redshiftDataData);
export const keyshiftTable = new ServiceTable(keyshiftData);

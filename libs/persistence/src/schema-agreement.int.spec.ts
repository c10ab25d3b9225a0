import { startEmbedded } from './conformance-server.js';
import { schemaConformance } from './schema-conformance.js';

schemaConformance('an embedded Postgres', startEmbedded);

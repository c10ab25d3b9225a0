// needs: docker
import { startPostgresContainer } from '@parlance/testing/containers';
import { prismaConformance } from './prisma-conformance.js';
import { schemaConformance } from './schema-conformance.js';

prismaConformance('Postgres in a container', startPostgresContainer);
schemaConformance('Postgres in a container', startPostgresContainer);

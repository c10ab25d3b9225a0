import { startEmbedded } from './conformance-server.js';
import { prismaConformance } from './prisma-conformance.js';

prismaConformance('an embedded Postgres', startEmbedded);

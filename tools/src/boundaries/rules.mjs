/**
 * The import rules of the workspace, checked by dependency-cruiser through `nx run parlance:boundaries`.
 * Every rule has a planted violation in `canary.spec.ts`; a rule without one fails that spec.
 *
 * Layers: domain <- contracts <- dialects/kit <- dialects/<name> <- dialects/registry <- edges (gateway, api).
 * Services stand beside the dialects: domain, contracts, platform libraries and persistence.
 */

const WORKSPACE = '^(?:apps|libs|tools)/';
const SPEC = '\\.spec\\.ts$';
const FIXTURE = '\\.fixture\\.ts$';
const DIALECT = '^libs/dialects/(?!kit/|registry/)[^/]+/';
const PROJECT = '^(apps/[^/]+|libs/dialects/[^/]+|libs/(?!dialects/)[^/]+|tools)/';
/** A suite that every implementation of a port runs lies beside the port, behind its own entry. */
const CONFORMANCE = '/[^/]*conformance[^/]*\\.ts$';
/** The declaration of an app's settings, light to import. */
const DECLARATION = '^apps/[^/]+/src/[^/]+\\.config\\.ts$';
/** What the specs of one app share; not built. */
const APP_TESTING = '^apps/[^/]+/src/testing/';
const TEST_CODE = [SPEC, FIXTURE, CONFORMANCE, APP_TESTING, '^libs/testing/', '^apps/e2e/', '^tools/'];

/** @param {readonly string[]} names @returns {string} matches an installed package, whether or not it could be resolved */
const npm = (...names) => `(?:^|/)node_modules/(?:${names.join('|')})(?:/|$)|^(?:${names.join('|')})(?:/|$)`;

const PRISMA = npm('@prisma', '\\.prisma', 'prisma');

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const layers = [
  {
    name: 'domain-imports-nothing-of-the-workspace',
    comment: 'The domain is the innermost layer.',
    severity: 'error',
    from: { path: '^libs/domain/' },
    to: { path: WORKSPACE, pathNot: '^libs/domain/' },
  },
  {
    name: 'contracts-import-only-domain',
    comment: 'What crosses the bus is described in domain shapes alone.',
    severity: 'error',
    from: { path: '^libs/contracts/' },
    to: { path: WORKSPACE, pathNot: '^libs/(?:domain|contracts)/' },
  },
  {
    name: 'kit-imports-only-domain-and-contracts',
    comment: 'The Dialect port knows no dialect and no platform.',
    severity: 'error',
    from: { path: '^libs/dialects/kit/' },
    to: { path: WORKSPACE, pathNot: '^libs/(?:domain|contracts|dialects/kit)/' },
  },
  {
    name: 'dialects-import-only-what-lies-below',
    comment: 'A dialect is data and pure functions over domain, contracts and the kit.',
    severity: 'error',
    from: { path: '^libs/dialects/(?!kit/)' },
    to: { path: WORKSPACE, pathNot: '^libs/(?:domain|contracts|dialects)/' },
  },
  {
    name: 'a-dialect-never-imports-another',
    comment: 'Dialects meet in the domain; only the registry names them all.',
    severity: 'error',
    from: { path: '^libs/dialects/(?!kit/|registry/)([^/]+)/' },
    to: { path: '^libs/dialects/', pathNot: '^libs/dialects/(?:kit|$1)/' },
  },
  {
    name: 'only-the-registry-names-dialects',
    comment: 'Adding a dialect is one folder and one registry line.',
    severity: 'error',
    from: { pathNot: ['^libs/dialects/', '^libs/testing/', '^apps/e2e/'] },
    to: { path: DIALECT },
  },
  {
    name: 'only-edges-import-the-dialect-port',
    comment: 'Services and platform libraries speak the domain, never a wire.',
    severity: 'error',
    from: {
      pathNot: [
        '^libs/dialects/',
        '^libs/testing/',
        '^apps/(?:gateway|api|standalone|e2e)/',
        '^libs/actions/',
        '^tools/',
      ],
    },
    to: { path: '^libs/dialects/(?:kit|registry)/' },
  },
  {
    name: 'inner-layers-ban-infrastructure',
    comment: 'Domain, contracts and dialects own no socket, no framework and no database.',
    severity: 'error',
    from: { path: '^libs/(?:domain|contracts|dialects)/' },
    to: {
      path: [
        npm('@nestjs', '@nats-io', '@prisma', 'pg', 'ioredis', 'express', 'ws', '@socket\\.io'),
        npm('socket\\.io', 'socket\\.io-client', 'socket\\.io-adapter', 'engine\\.io'),
        '^(?:node:)?(?:net|tls|dgram|http|https|http2)$',
      ],
    },
  },
];

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const ownership = [
  {
    name: 'edges-have-no-sql',
    comment: 'The gateway, the api and what they share ask services over the bus.',
    severity: 'error',
    from: { path: ['^apps/(?:gateway|api)/', '^libs/actions/'], pathNot: TEST_CODE },
    to: { path: ['^libs/persistence/', npm('pg')] },
  },
  {
    name: 'only-edges-import-storage',
    comment: 'Services keep what is known of a file; the edges move its bytes.',
    severity: 'error',
    from: { pathNot: ['^libs/storage/', '^apps/(?:gateway|api|standalone|cluster|e2e)/', '^libs/testing/', '^tools/'] },
    to: { path: ['^libs/storage/', npm('@aws-sdk')] },
  },
  {
    name: 'only-the-api-signs-for-media-servers',
    comment: 'Who holds the secrets of TURN and media servers is one app; the cluster knows the names of its settings.',
    severity: 'error',
    from: { pathNot: ['^libs/media/', '^apps/(?:api|cluster)/'] },
    to: { path: ['^libs/media/', npm('livekit-server-sdk')] },
  },
  {
    name: 'only-the-bus-imports-nats',
    comment: 'A transport must be exchangeable in one place.',
    severity: 'error',
    from: { pathNot: '^libs/bus/' },
    to: { path: npm('@nats-io', 'nats') },
  },
  {
    name: 'only-repositories-import-prisma',
    comment: 'The tenant rule is checked in repositories; a query elsewhere would escape it.',
    severity: 'error',
    from: { pathNot: ['^libs/persistence/', '^apps/[^/]+/src/.+\\.repository\\.ts$', '^prisma\\.config\\.ts$'] },
    to: { path: [PRISMA, '^libs/persistence/src/generated/'] },
  },
  {
    name: 'apps-do-not-import-apps',
    comment: 'Apps talk over the bus. Standalone, and what sets a test up, are the places that put them together.',
    severity: 'error',
    from: { path: '^apps/([^/]+)/', pathNot: ['^apps/standalone/', FIXTURE] },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: 'libraries-do-not-import-apps',
    comment: 'Tests start apps as processes.',
    severity: 'error',
    from: { path: '^libs/' },
    to: { path: '^apps/' },
  },
  {
    name: 'tools-know-of-apps-their-settings-alone',
    comment:
      "Tools start apps as processes; the declaration of an app's settings is read by those that check and document it.",
    severity: 'error',
    from: { path: '^tools/' },
    to: { path: '^apps/', pathNot: DECLARATION },
  },
  {
    name: 'production-never-imports-testing',
    comment: 'Launchers, drivers and fault injection stay out of what ships.',
    severity: 'error',
    from: { pathNot: TEST_CODE },
    to: { path: ['^libs/testing/', FIXTURE, CONFORMANCE, APP_TESTING] },
  },
  {
    name: 'production-has-no-dev-dependencies',
    comment: 'An image is installed without them.',
    severity: 'error',
    from: { path: '^(?:apps|libs)/', pathNot: TEST_CODE },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
];

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const hygiene = [
  {
    name: 'projects-are-entered-through-their-index',
    comment: 'What index.ts does not export is private.',
    severity: 'error',
    from: { path: PROJECT },
    to: {
      path: WORKSPACE,
      pathNot: [
        '^$1/',
        '^(?:apps|libs|libs/dialects)/[^/]+/src/index\\.ts$',
        '^tools/src/index\\.ts$',
        '/src/conformance\\.ts$',
        // A spec that needs a database need not load every client there is.
        '^libs/testing/src/database/test-database\\.ts$',
        '^libs/testing/src/containers/container-server\\.ts$',
        DECLARATION,
      ],
    },
  },
  {
    name: 'projects-are-imported-by-name',
    comment: 'A relative path into another project works in the source tree and breaks in the build.',
    severity: 'error',
    from: { path: PROJECT },
    to: { path: WORKSPACE, pathNot: '^$1/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased-workspace'] },
  },
  {
    name: 'no-import-cycles',
    comment: 'A cycle has no first file to read.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'every-import-resolves',
    comment: 'Rules go by path: an import that resolves to nothing would pass them all unseen.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [...layers, ...ownership, ...hygiene],
  options: {
    doNotFollow: { path: ['(?:^|/)node_modules/', '^libs/persistence/src/generated/'] },
    exclude: { path: '(?:^|/)dist/' },
    // Type imports count: a type of another layer ties the layers together as much as a value.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@parlance/source', 'import', 'node', 'require', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};

/** Where an installation names its services: Kubernetes, compose, Prometheus, and the pages that a person follows. */
import { addLineAfter, editText } from '../edit-files.mjs';
import { withEntry, withItem } from '../edit-yaml.mjs';

/** @typedef {import('nx/src/generators/tree').Tree} Tree */
/** @typedef {import('../names.mjs').Names} Names */

/** @param {Tree} tree @param {Names} names @returns {void} */
export function registerInDeployments(tree, names) {
  addToKubernetes(tree, names);
  addToCompose(tree, names);
  addToPages(tree, names);
}

/** @param {Tree} tree @param {Names} names */
function addToKubernetes(tree, { name }) {
  editText(tree, 'k8s/base/kustomization.yaml', (source) => withItem(source, ['resources'], name));
  const secret = `name: ${name}
literals:
  - DATABASE_URL=postgresql://parlance:laptop-only@postgres:5432/parlance
  - NATS_URL=nats://nats:4222`;
  editText(tree, 'k8s/overlays/dev/kustomization.yaml', (source) =>
    withItem(source, ['secretGenerator'], secret, isNamed('migrate')),
  );
}

/** @param {string} name @returns {(item: unknown) => boolean} */
function isNamed(name) {
  return (item) => typeof item === 'object' && item !== null && 'name' in item && item.name === name;
}

/** @param {Tree} tree @param {Names} names */
function addToCompose(tree, { name }) {
  const service = `${name}:
  <<: *service
  command: ['node', 'apps/${name}/dist/main.js']
  environment:
    <<: *service-environment`;
  editText(tree, 'docker-compose.yml', (source) => withEntry(source, ['services'], service, 'api'));
  const target = `labels: { app: ${name} }
targets: ['${name}:3000']`;
  editText(tree, 'tools/compose/prometheus.yml', (source) =>
    withItem(source, ['scrape_configs', 0, 'static_configs'], target),
  );
}

/** @param {Tree} tree @param {Names} names */
function addToPages(tree, { name }) {
  const secret = `
kubectl create secret generic ${name} -n parlance --from-env-file=/dev/stdin <<END
DATABASE_URL=$SERVICE
NATS_URL=tls://${name}:PASSWORD@$NATS
END`;
  editText(tree, 'tools/docs/kubernetes.md', (source) =>
    addLineAfter(source, secret, { from: /^kubectl create secret generic /gm, line: 'END' }),
  );
  editText(tree, 'tools/docs/architecture.md', (source) =>
    source.replace(/^\| `apps\/migrate`/m, `| \`apps/${name}\` | entries of text, and tells of them | |\n$&`),
  );
}

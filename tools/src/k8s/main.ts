import { manifestProblems } from './check.js';
import { render } from './render.js';

const OURS = ['k8s/overlays/dev', 'k8s/overlays/prod'];

/** `npm run k8s:check -- [overlay folder...]`: renders and judges manifests, without a cluster. */
const folders = process.argv.length > 2 ? process.argv.slice(2) : OURS;
for (const folder of folders) {
  const manifests = render(folder);
  const problems = manifestProblems(manifests);
  for (const problem of problems) process.stderr.write(`${folder}: ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  else process.stdout.write(`${folder}: ${manifests.length} manifests are good\n`);
}

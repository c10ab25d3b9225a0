export { clusterFragments } from './cluster.config.js';
export { runCluster, type ClusterRun } from './run-cluster.js';

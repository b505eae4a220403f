// A static import of the one class that is used, in a file that is loaded only where there is a cluster: a bundler then
// leaves out the rest of the package (scripts/bundle-plugins.ts).
export { KubeConfig } from '@kubernetes/client-node'

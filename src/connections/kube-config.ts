// A static import of the one class that is used, in a file that is loaded only where there is a cluster: a bundler then
// leaves out the rest of the package, which would cost 40 MB of memory.
export { KubeConfig } from '@kubernetes/client-node'

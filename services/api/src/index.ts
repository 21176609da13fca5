export { loadDemo } from './seeds/demo.ts';
export { loadReference } from './seeds/reference.ts';

import type { HttpApp } from '@mra/http';
import type { Dependencies } from '../../dependencies.ts';

export function operationsRoutes(_app: HttpApp, _dependencies: Dependencies): void {}

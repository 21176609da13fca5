import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Who may import whom: of the workspaces of this repository, those named on the right. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  '@mra/recognition': [],
  '@mra/identifiers': ['@mra/recognition'],
  '@mra/contracts': ['@mra/recognition'],
  '@mra/exchange-protocol': ['@mra/recognition', '@mra/contracts'],
  '@mra/registry': ['@mra/recognition'],
  '@mra/http': ['@mra/contracts'],
  '@mra/embedded-database': [],
  '@mra/service': ['@mra/http'],
  '@mra/exchange': [
    '@mra/recognition',
    '@mra/identifiers',
    '@mra/contracts',
    '@mra/exchange-protocol',
    '@mra/registry',
  ],
  '@mra/exchange-worker': [
    '@mra/recognition',
    '@mra/exchange-protocol',
    '@mra/registry',
    '@mra/http',
    '@mra/service',
    '@mra/exchange',
  ],
  '@mra/api': [
    '@mra/recognition',
    '@mra/identifiers',
    '@mra/contracts',
    '@mra/exchange-protocol',
    '@mra/registry',
    '@mra/http',
    '@mra/embedded-database',
    '@mra/service',
    '@mra/exchange',
    '@mra/exchange-worker',
  ],
  '@mra/tests': [
    '@mra/recognition',
    '@mra/identifiers',
    '@mra/contracts',
    '@mra/exchange-protocol',
    '@mra/registry',
    '@mra/http',
    '@mra/embedded-database',
    '@mra/exchange',
    '@mra/exchange-worker',
    '@mra/api',
  ],
};

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface Import {
  readonly file: string;
  readonly specifier: string;
}

const rootManifest = JSON.parse(read('package.json')) as Manifest & { readonly workspaces: readonly string[] };
const workspaces = rootManifest.workspaces
  .flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root }))
  .map((path) => ({ folder: dirname(path), manifest: JSON.parse(read(path)) as Manifest }));

const isOurs = (name: string) => name.startsWith('@mra/');
const isTest = (file: string, folder: string) => folder === 'tests' || /(\.test|test-support)\.ts$/.test(file);
const dependenciesOf = ({ dependencies = {} }: Manifest) => Object.keys(dependencies);

function filesOf(folder: string): readonly string[] {
  return globSync(`${folder}/**/*.ts`, { cwd: root, exclude: ['**/node_modules/**'] });
}

/** What the sources of a folder import; types as well. */
function importsOf(folder: string): readonly Import[] {
  return filesOf(folder).flatMap((file) => {
    const found = read(file).matchAll(/^(?:import|export)\s(?:[\w*\s{},]+\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/gm);
    return [...found].map(([, whole, inPlace]) => ({ file, specifier: (whole ?? inPlace) as string }));
  });
}

/** `@scope/name/part` and `name/part` as the package that they come from; null for files and for Node's own modules. */
function packageOf(specifier: string): string | null {
  if (/^(\.|node:)/.test(specifier)) return null;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

test('every workspace is in the table', () => {
  expect(workspaces.map(({ manifest }) => manifest.name).toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
});

describe.each(workspaces.map(({ folder, manifest }) => [manifest.name, folder, manifest] as const))(
  '%s',
  (name, folder, manifest) => {
    const imports = importsOf(folder);
    const declared = dependenciesOf(manifest);

    test('depends on what the table allows, and can be entered by one door', () => {
      expect(MAY_IMPORT[name]).toEqual(expect.arrayContaining(declared.filter(isOurs)));
      expect(Object.keys(manifest.exports ?? {})).toEqual(folder === 'tests' ? [] : ['.']);
    });

    test('imports what it declares, and declares what it imports', () => {
      const forTests = [...Object.keys(rootManifest.devDependencies ?? {}), 'fast-check'];
      const strays = imports.filter(({ file, specifier }) => {
        const from = packageOf(specifier);
        const allowed = isTest(file, folder) ? [...declared, ...forTests] : declared;
        return from !== null && !allowed.includes(from);
      });
      expect(strays).toEqual([]);
      // Named without being imported: a package whose files are run, not its code.
      const texts = filesOf(folder).map(read);
      const unused = declared.filter((dependency) => !texts.some((text) => text.includes(`'${dependency}`)));
      expect(unused).toEqual([]);
    });

    test('reaches no file of another workspace', () => {
      const outside = imports.filter(({ file, specifier }) => {
        if (!specifier.startsWith('.')) return false;
        const target = relative(folder, join(dirname(file), specifier));
        // What tests share, and the data that they are run on.
        const isShared = isTest(file, folder) && /^(\.\.\/)+(tests\/|db\/seeds\/)/.test(target);
        return target.startsWith('..') && !isShared;
      });
      expect(outside).toEqual([]);
    });
  },
);

test('no workspace depends on itself, by whatever way', () => {
  const reach = (name: string, path: readonly string[]): readonly string[] => {
    if (path.includes(name)) return [[...path, name].join(' → ')];
    const manifest = workspaces.find((workspace) => workspace.manifest.name === name)?.manifest;
    return manifest
      ? dependenciesOf(manifest)
          .filter(isOurs)
          .flatMap((next) => reach(next, [...path, name]))
      : [];
  };
  expect(workspaces.flatMap(({ manifest }) => reach(manifest.name, []))).toEqual([]);
});

test('the core has no dependencies, no modules of Node, no clock and no chance', () => {
  const core = importsOf('packages/recognition').filter(({ file }) => !file.endsWith('.test.ts'));
  expect(core.length).toBeGreaterThan(20);
  expect(core.filter(({ specifier }) => !specifier.startsWith('./') && !specifier.startsWith('../'))).toEqual([]);
  const impure = [...new Set(core.map(({ file }) => file))].filter((file) =>
    /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\)|\bprocess\b\./.test(read(file)),
  );
  expect(impure).toEqual([]);
});

test('every version is exact', () => {
  for (const { name, dependencies, devDependencies } of [rootManifest, ...workspaces.map(({ manifest }) => manifest)]) {
    for (const [dependency, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, `${name}: ${dependency}`).toMatch(/^\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
    }
  }
});

test('the README says what each dependency is for, and names no other', () => {
  const section = read('README.md').split('\n## Dependencies\n')[1]?.split('\n## ')[0] ?? '';
  const named = section
    .split('\n')
    .filter((line) => /^\|.*`/.test(line))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string));
  const manifests = [rootManifest, ...workspaces.map(({ manifest }) => manifest)];
  const all = manifests.flatMap(({ dependencies, devDependencies }) =>
    Object.keys({ ...dependencies, ...devDependencies }),
  );
  expect(named.toSorted()).toEqual([...new Set(all.filter((name) => !isOurs(name)))].toSorted());
});

test('no file names a folder of the machine on which it was written, or a host that packages came from', () => {
  const machine = new RegExp(
    String.raw`(?<![\w./-])/(?:${['root', 'home', 'Users', 'work', 'mnt'].join('|')})/|[A-Z]:\\Users|\.\./shared\b`,
  );
  const files = globSync('**/*', {
    cwd: root,
    withFileTypes: true,
    exclude: (entry) => ['node_modules', '.git', '.data', 'coverage'].includes(entry.name),
  }).filter((entry) => entry.isFile() && /\.(ts|js|json|md|sql|ya?ml|txt)$|^[^.]+$|^\.[a-z-]+$/.test(entry.name));
  expect(files.length).toBeGreaterThan(200);
  const found = files
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .flatMap((path) => {
      const text = read(path);
      return machine.test(text) || (path === 'package-lock.json' && text.includes('"resolved": "http')) ? [path] : [];
    });
  expect(found).toEqual([]);
});

/**
 * TypeScript files as TypeScript's own parser reads them: what each file imports, exports and defines. The parser is that of
 * `npm run check`. Its interface for programs is not final, so only this file uses it.
 */
import { dirname, join, posix, relative } from 'node:path';
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';

export interface Source {
  /** Relative to the directory of tsconfig.json, such as `src/cli.ts`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  /** Names of values and types that other files can import. */
  readonly exports: readonly string[];
  readonly functions: readonly FunctionSize[];
  /** Calls end in parentheses: `test.skip()`, `new Date()`. The others are properties, `process.env`, and comparisons, `=== 'aws'`. */
  readonly expressions: readonly Place[];
}

export interface Import {
  readonly from: string;
  /** The path of a source, or the name of a package. */
  readonly to: string;
  /** `static` is loaded together with the file that imports it, `dynamic` on demand, `type` never. */
  readonly kind: 'static' | 'dynamic' | 'type';
  /** Values by the names that the imported file gives them; `*` is all of them. */
  readonly names: readonly string[];
}

/** In the place of a module whose name is known only at run time. */
export const UNKNOWN = 'an unknown module';

export interface Place {
  readonly text: string;
  readonly line: number;
}

export interface FunctionSize extends Place {
  readonly lines: number;
}

/** Reads every file that the tsconfig.json of a directory includes. */
export function readProject(directory: string): Source[] {
  return read(new API({ cwd: directory }), directory);
}

/** Reads texts as if they were files. */
export function readTexts(texts: Record<string, string>): Source[] {
  const config = JSON.stringify({ compilerOptions: { noLib: true, types: [] }, files: Object.keys(texts) });
  const files = Object.entries(texts).map(([path, text]) => [`/${path}`, text]);
  const fs = createVirtualFileSystem({ ...Object.fromEntries(files), '/tsconfig.json': config });
  return read(new API({ cwd: '/', fs }), '/');
}

function read(api: API, directory: string): Source[] {
  try {
    const config = join(directory, 'tsconfig.json');
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (!project) throw new Error(`TypeScript can't read ${config}`);
    return [...project.rootFiles].sort().map((name) => {
      const file = project.program.getSourceFile(name);
      if (!file) throw new Error(`TypeScript can't read ${name}`);
      return describeFile(file, relative(directory, name).replaceAll('\\', '/'));
    });
  } finally {
    api.close();
  }
}

function describeFile(file: SourceFile, path: string): Source {
  const nodes = [...walk(file)];
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line + 1;
  const place = (node: Node, text: string): Place => ({ text, line: lineOf(node.getStart(file)) });
  return {
    path,
    text: file.text,
    imports: nodes.flatMap((node) => importOf(node, path) ?? []),
    exports: file.statements.flatMap(exportsOf),
    functions: nodes.filter(isFunction).map((node) => {
      const start = place(node, nameOf(node));
      return { ...start, lines: lineOf(node.getEnd()) - start.line + 1 };
    }),
    expressions: nodes.flatMap((node) => textsOf(node).map((text) => place(node, text))),
  };
}

function* walk(node: Node): Generator<Node> {
  yield node;
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  for (const child of children) yield* walk(child);
}

function importOf(node: Node, from: string): Import | undefined {
  const to = (name: Node | undefined) => resolved(from, name);
  if (is.isImportDeclaration(node)) {
    const { importClause: clause } = node;
    const isType = clause?.phaseModifier === SyntaxKind.TypeKeyword;
    return {
      from,
      to: to(node.moduleSpecifier),
      kind: isType ? 'type' : 'static',
      names: isType ? [] : namesOf(clause),
    };
  }
  if (is.isExportDeclaration(node)) {
    if (!node.moduleSpecifier) return undefined;
    const names = node.isTypeOnly ? [] : (specifiersOf(node.exportClause) ?? ['*']);
    return { from, to: to(node.moduleSpecifier), kind: node.isTypeOnly ? 'type' : 'static', names };
  }
  if (is.isImportTypeNode(node)) return { from, to: to(literalOf(node.argument)), kind: 'type', names: [] };
  if (is.isExternalModuleReference(node)) return { from, to: to(node.expression), kind: 'static', names: ['*'] };
  if (!is.isCallExpression(node)) return undefined;
  const isDynamic = node.expression.kind === SyntaxKind.ImportKeyword;
  if (isDynamic || isRequire(node.expression))
    return { from, to: to(node.arguments[0]), kind: isDynamic ? 'dynamic' : 'static', names: namesTaken(node) };
  return undefined;
}

/** `require`, `require.resolve` and `createRequire(…)`, none of which may escape the rules for imports. */
function isRequire(callee: Node): boolean {
  if (is.isPropertyAccessExpression(callee)) return isRequire(callee.expression);
  if (is.isCallExpression(callee)) return callee.expression.getText() === 'createRequire';
  return is.isIdentifier(callee) && callee.text === 'require';
}

function resolved(from: string, name: Node | undefined): string {
  if (!name || !(is.isStringLiteral(name) || is.isNoSubstitutionTemplateLiteral(name))) return UNKNOWN;
  return name.text.startsWith('.') ? posix.join(dirname(from), name.text).replace(/\.js$/, '.ts') : name.text;
}

const literalOf = (type: Node) => (is.isLiteralTypeNode(type) ? type.literal : type);

function namesOf(clause: Node | undefined): string[] {
  if (!clause || !is.isImportClause(clause)) return [];
  return [
    ...(clause.name ? ['default'] : []),
    ...(clause.namedBindings ? (specifiersOf(clause.namedBindings) ?? ['*']) : []),
  ];
}

/** Names in braces, without types; undefined where there are no braces. */
function specifiersOf(bindings: Node | undefined): string[] | undefined {
  if (!bindings || !(is.isNamedImports(bindings) || is.isNamedExports(bindings))) return undefined;
  const values = [...bindings.elements].filter((each) => !each.isTypeOnly);
  return values.map(({ propertyName, name }) => (propertyName ?? name).getText());
}

/** What is taken of a module by `const { a } = await import(…)`, `(await import(…)).a` or `require(…).a`. */
function namesTaken(call: Node): string[] {
  let user = call.parent;
  while (is.isAwaitExpression(user) || is.isParenthesizedExpression(user) || is.isAsExpression(user))
    user = user.parent;
  if (is.isPropertyAccessExpression(user)) return [user.name.getText()];
  if (is.isVariableDeclaration(user) && is.isObjectBindingPattern(user.name))
    return [...user.name.elements].map(({ propertyName, name }) => (propertyName ?? name)?.getText() ?? '*');
  return ['*'];
}

function exportsOf(statement: Node): string[] {
  if (is.isExportAssignment(statement)) return ['default'];
  if (is.isExportDeclaration(statement)) {
    const { exportClause } = statement;
    if (!exportClause) return [];
    return is.isNamedExports(exportClause) ? [...exportClause.elements].map(nameOf) : [nameOf(exportClause)];
  }
  const { modifiers = [] } = statement as { modifiers?: Iterable<Node> };
  if (![...modifiers].some(({ kind }) => kind === SyntaxKind.ExportKeyword)) return [];
  if (!is.isVariableStatement(statement)) return [nameOf(statement)];
  return [...statement.declarationList.declarations].flatMap(({ name }) => namesIn(name));
}

/** The names that a declaration makes: one, or several by a pattern. */
function namesIn(name: Node): string[] {
  if (!is.isBindingPattern(name)) return [name.getText()];
  return [...name.elements].flatMap((each) => ('name' in each && each.name ? namesIn(each.name as Node) : []));
}

const isFunction = (node: Node) => is.isFunctionLikeDeclaration(node) && 'body' in node && node.body !== undefined;

/** The name of a declaration, or of what a function is given to. */
function nameOf(node: Node): string {
  const { name } = node as { name?: Node };
  if (name) return name.getText();
  const { parent } = node;
  if (is.isVariableDeclaration(parent) || is.isPropertyAssignment(parent)) return parent.name.getText();
  return 'a function without a name';
}

function textsOf(node: Node): string[] {
  if (is.isCallExpression(node)) return [`${node.expression.getText()}()`];
  if (is.isNewExpression(node)) return [`new ${node.expression.getText()}()`];
  if (is.isPropertyAccessExpression(node)) return [node.getText()];
  if (is.isCaseClause(node)) return [`=== ${node.expression.getText()}`];
  if (is.isBinaryExpression(node) && /^[!=]==?$/.test(node.operatorToken.getText()))
    return [node.left, node.right].map((side) => `=== ${side.getText()}`);
  return [];
}

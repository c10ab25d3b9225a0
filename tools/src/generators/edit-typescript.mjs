/** Changes of TypeScript sources: the syntax tree says where, and everything else stays as it is. */
import ts from 'typescript';

/**
 * Adds `import <clause> from '<module>'` among the imports of the same scope (`@parlance/`), in the order of their modules.
 *
 * @param {string} source
 * @param {string} clause such as `{ a, b }`
 * @param {string} module
 * @returns {string}
 */
export function withImport(source, clause, module) {
  const scope = module.slice(0, module.indexOf('/') + 1);
  const scoped = importsOf(source).filter((one) => moduleOf(one).startsWith(scope));
  const line = `import ${clause} from '${module}';\n`;
  const next = scoped.find((one) => moduleOf(one) > module);
  if (next !== undefined) return inserted(source, next.getStart(), line);
  const last = scoped.at(-1) ?? importsOf(source).at(-1);
  return last === undefined ? `${line}${source}` : inserted(source, last.end, `\n${line.trimEnd()}`);
}

/**
 * Adds a name to what is imported of a module.
 *
 * @param {string} source
 * @param {string} name
 * @param {string} module
 * @returns {string}
 */
export function withImportedName(source, name, module) {
  const clause = importsOf(source).find((one) => moduleOf(one) === module)?.importClause?.namedBindings;
  const first = clause !== undefined && ts.isNamedImports(clause) ? clause.elements[0] : undefined;
  if (first === undefined) throw new Error(`Nothing is imported by name from '${module}'.`);
  return inserted(source, first.getStart(), `${name}, `);
}

/** @param {string} source */
function importsOf(source) {
  return parsed(source).statements.filter(ts.isImportDeclaration);
}

/** @param {ts.ImportDeclaration} declaration */
function moduleOf({ moduleSpecifier }) {
  return ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
}

/**
 * Adds an element to the one array that has an element beginning with `before`, before that one.
 *
 * @param {string} source
 * @param {string} element
 * @param {string} before
 * @returns {string}
 */
export function withElement(source, element, before) {
  const [found, ...others] = elementsOf(parsed(source)).filter((one) => one.getText().startsWith(before));
  if (found === undefined || others.length > 0)
    throw new Error(`There should be one element that begins with '${before}' in a list.`);
  return inserted(source, found.getStart(), `${element}, `);
}

/**
 * Adds an element on a line of its own at the end of the array that a constant is.
 *
 * @param {string} source
 * @param {string} constant
 * @param {string} element
 * @returns {string}
 */
export function withLastElement(source, constant, element) {
  const array = initializerOf(parsed(source), constant);
  const last = array !== undefined && ts.isArrayLiteralExpression(array) ? array.elements.at(-1) : undefined;
  if (last === undefined) throw new Error(`There is no list '${constant}'.`);
  return inserted(source, last.end, `,\n  ${element}`);
}

/**
 * Adds a property at the end of the object that a constant is.
 *
 * @param {string} source
 * @param {string} constant
 * @param {string} property
 * @returns {string}
 */
export function withProperty(source, constant, property) {
  const object = objectNamed(parsed(source), constant);
  const last = object.properties.at(-1);
  return last === undefined ? inserted(source, object.end - 1, property) : inserted(source, last.end, `,\n${property}`);
}

/**
 * The texts in an array that a constant is.
 *
 * @param {string} source
 * @param {string} constant
 * @returns {readonly string[]}
 */
export function textsOf(source, constant) {
  const array = initializerOf(parsed(source), constant);
  if (array === undefined || !ts.isArrayLiteralExpression(array)) throw new Error(`There is no list '${constant}'.`);
  return array.elements.filter(ts.isStringLiteral).map(({ text }) => text);
}

/** @param {string} source */
function parsed(source) {
  return ts.createSourceFile('edited.ts', source, ts.ScriptTarget.Latest, true);
}

/**
 * @param {ts.Node} root
 * @returns {readonly ts.Expression[]} of all array literals
 */
function elementsOf(root) {
  /** @type {ts.Expression[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isArrayLiteralExpression(node)) found.push(...node.elements);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return found;
}

/**
 * @param {ts.SourceFile} root
 * @param {string} constant
 * @returns {ts.ObjectLiteralExpression}
 */
function objectNamed(root, constant) {
  const object = initializerOf(root, constant);
  if (object !== undefined && ts.isObjectLiteralExpression(object)) return object;
  throw new Error(`There is no constant object '${constant}'.`);
}

/**
 * @param {ts.SourceFile} root
 * @param {string} constant
 * @returns {ts.Expression | undefined}
 */
function initializerOf(root, constant) {
  const declarations = root.statements
    .filter(ts.isVariableStatement)
    .flatMap((one) => [...one.declarationList.declarations]);
  return bare(declarations.find(({ name }) => name.getText() === constant)?.initializer);
}

/**
 * Without `as const`, `satisfies` and the like.
 *
 * @param {ts.Expression | undefined} expression
 * @returns {ts.Expression | undefined}
 */
function bare(expression) {
  if (expression === undefined) return undefined;
  return ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression)
    ? bare(expression.expression)
    : expression;
}

/**
 * @param {string} source
 * @param {number} at
 * @param {string} text
 */
function inserted(source, at, text) {
  return `${source.slice(0, at)}${text}${source.slice(at)}`;
}

import { needsAdvanced } from './directory-query.ts';
import { GraphFault } from './graph-error.ts';
import type { User } from './site.ts';
import { userProperties } from './user.ts';

type Test = (user: User) => boolean;
type Literal = string | number | boolean | null;

/** The operators for each property (Graph docs, "Advanced query capabilities", filter by properties of users). */
const OPERATORS: Record<string, readonly string[]> = {
  accountEnabled: ['eq', 'ne'],
  'assignedLicenses/$count': ['eq', 'ne'],
  displayName: ['eq', 'ne', 'in', 'startswith'],
  id: ['eq', 'ne', 'in'],
  mail: ['eq', 'ne', 'in', 'startswith', 'endswith'],
  userPrincipalName: ['eq', 'ne', 'in', 'startswith', 'endswith'],
  userType: ['eq', 'ne', 'in'],
};
const TOKEN = /\s*('(?:[^']|'')*'|[(),]|[^\s(),']+)/y;

/**
 * A `$filter` on users: `and`, `or`, `not`, parentheses, `eq`, `ne`, `in`, `startsWith`, `endsWith`. Text is compared
 * ignoring case. `endsWith`, `ne`, `not` and counts of a collection need the advanced query parameters; an
 * unsupported filter is 501.
 */
export function parseUserFilter(text: string, advanced: boolean): Test {
  const parser = new FilterParser(tokenize(text), advanced);
  return parser.whole();
}

class FilterParser {
  readonly #tokens: readonly string[];
  readonly #advanced: boolean;
  #at = 0;

  constructor(tokens: readonly string[], advanced: boolean) {
    this.#tokens = tokens;
    this.#advanced = advanced;
  }

  whole(): Test {
    const test = this.#or();
    if (this.#at < this.#tokens.length) {
      throw unreadable(this.#tokens.join(' '));
    }
    return test;
  }

  #or(): Test {
    const left = this.#and();
    if (!this.#skip('or')) {
      return left;
    }
    const right = this.#or();
    return user => left(user) || right(user);
  }

  #and(): Test {
    const left = this.#not();
    if (!this.#skip('and')) {
      return left;
    }
    const right = this.#and();
    return user => left(user) && right(user);
  }

  #not(): Test {
    if (!this.#skip('not')) {
      return this.#primary();
    }
    this.#demandAdvanced("Operator 'not'");
    const test = this.#not();
    return user => !test(user);
  }

  #primary(): Test {
    if (this.#skip('(')) {
      const test = this.#or();
      this.#expect(')');
      return test;
    }
    const word = this.#next();
    return this.#tokens[this.#at] === '(' ? this.#call(word) : this.#comparison(word);
  }

  /** `startsWith(displayName,'a')`. */
  #call(name: string): Test {
    this.#expect('(');
    const property = this.#next();
    this.#expect(',');
    const wanted = String(this.#literal()).toLowerCase();
    this.#expect(')');
    const operator = name.toLowerCase();
    this.#check(property, operator);
    if (operator === 'endswith') {
      this.#demandAdvanced("Operator 'endsWith'");
    }
    return user => {
      const value = String(propertyOf(user, property) ?? '').toLowerCase();
      return operator === 'endswith' ? value.endsWith(wanted) : value.startsWith(wanted);
    };
  }

  #comparison(property: string): Test {
    const operator = this.#next().toLowerCase();
    this.#check(property, operator);
    if (operator === 'ne' || property.endsWith('/$count')) {
      this.#demandAdvanced(operator === 'ne' ? "Operator 'ne'" : "'$count' in a filter");
    }
    const wanted = operator === 'in' ? this.#list() : [this.#literal()];
    const isOneOf: Test = user => wanted.some(each => isSame(each, propertyOf(user, property)));
    return operator === 'ne' ? user => !isOneOf(user) : isOneOf;
  }

  #list(): Literal[] {
    this.#expect('(');
    const literals = [this.#literal()];
    while (this.#skip(',')) {
      literals.push(this.#literal());
    }
    this.#expect(')');
    return literals;
  }

  #literal(): Literal {
    const token = this.#next();
    if (token.startsWith("'")) {
      return token.slice(1, -1).replaceAll("''", "'");
    }
    return JSON.parse(/^(?:true|false|null|\d+)$/.test(token) ? token : fail(token)) as Literal;
  }

  #check(property: string, operator: string): void {
    const known = Object.hasOwn(OPERATORS, property) ? OPERATORS[property]! : fail(`${property} ${operator}`);
    if (!known.includes(operator)) {
      const text = `Unsupported or invalid query filter clause specified for property '${property}' of resource 'User'.`;
      throw new GraphFault('Request_UnsupportedQuery', text);
    }
  }

  #demandAdvanced(what: string): void {
    if (!this.#advanced) {
      throw needsAdvanced(what);
    }
  }

  #skip(token: string): boolean {
    const isThere = this.#tokens[this.#at]?.toLowerCase() === token;
    this.#at += isThere ? 1 : 0;
    return isThere;
  }

  #expect(token: string): void {
    if (!this.#skip(token)) {
      throw unreadable(this.#tokens.join(' '));
    }
  }

  #next(): string {
    this.#at += 1;
    return this.#tokens[this.#at - 1] ?? fail(this.#tokens.join(' '));
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    tokens.push(TOKEN.exec(text)?.[1] ?? fail(text));
  }
  return tokens;
}

function propertyOf(user: User, property: string): unknown {
  const properties = userProperties(user);
  return property === 'assignedLicenses/$count'
    ? (properties.assignedLicenses as unknown[]).length
    : properties[property];
}

function isSame(left: unknown, right: unknown): boolean {
  return typeof left === 'string' && typeof right === 'string'
    ? left.toLowerCase() === right.toLowerCase()
    : left === right;
}

function fail(text: string): never {
  throw unreadable(text);
}

function unreadable(text: string): GraphFault {
  return new GraphFault('notImplemented', `The emulator cannot read the filter at: ${text}`);
}

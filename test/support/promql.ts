/** A metric that an expression reads, and the labels that it names there. */
export interface MetricUse {
  readonly name: string;
  readonly labels: readonly string[];
}

/** Functions, operators and other words of PromQL that the example files use. */
const WORDS = new Set(
  'sum max min avg rate increase changes avg_over_time histogram_quantile time by on ignoring unless and or bool'.split(
    ' ',
  ),
);

/** Reads the metrics of a PromQL expression with their matchers, and the labels by which it is grouped or joined. */
export function readExpression(expression: string): { uses: MetricUse[]; grouping: string[] } {
  const grouped = [...expression.matchAll(/\b(?:by|on|ignoring)\s*\(([^)]*)\)/g)];
  const grouping = grouped.flatMap(match => match[1]!.split(',').map(label => label.trim()));
  const rest = expression.replace(/\b(?:by|on|ignoring)\s*\([^)]*\)/g, ' ').replace(/\[[^\]]*\]/g, ' ');
  const uses = [...rest.matchAll(/(?<![\w"$])([a-z_]\w*)(\{[^}]*\})?/g)]
    .filter(match => !WORDS.has(match[1]!))
    .map(([, name, matchers = '']) => ({
      name: name!,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(match => match[1]!),
    }));
  return { uses, grouping };
}

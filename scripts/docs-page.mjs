/** The parts that the generated pages under `docs/` are put together from. */

/** A page whose first line says what it was written from. */
export function page(title, source, introduction, body) {
  return `<!-- Written by scripts/docs.mjs out of ${source}: change that, then run \`npm run docs\`. -->\n# ${title}\n\n${introduction.join('\n')}\n\n${body}`;
}

export function table(headings, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`;
  return [headings, headings.map(() => '---'), ...rows].map(line).join('');
}

/** Text as code within a line; nothing for no text. */
export function code(text) {
  if (text === undefined || text === '') return '';
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

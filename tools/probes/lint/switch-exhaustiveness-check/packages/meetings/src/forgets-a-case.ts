export function sign(state: "open" | "closed"): string {
  let text = "";
  switch (state) {
    case "open":
      text = "+";
  }
  return text;
}

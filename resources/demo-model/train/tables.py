"""What the product itself says about its shortcuts and sampling settings, as text for answers and questions."""
import json
import re
from pathlib import Path

RESOURCES = Path(__file__).parents[2]
SHORTCUTS = json.loads((RESOURCES / "shortcuts.json").read_text(encoding="utf-8"))
SETTINGS = json.loads((RESOURCES / "sampling_settings.json").read_text(encoding="utf-8"))
KEYS = {entry["action"]: entry["keys"] for entry in SHORTCUTS}
SHOWN = ("newChat", "searchChats", "stop", "regenerate", "models", "togglePanel")  # in the guide's short table


def field(entry, name, language):
    return entry[name] if language == "en" else entry[f"{name}_zh"]


def setting_answer(entry, language):
    label, text = field(entry, "label", language), field(entry, "explanation", language)
    if language == "en":
        return f"**{label}**: {text} The default is {entry['default']:g}."
    return f"**{label}**：{text}默认值是 {entry['default']:g}。"


def range_answer(entry, language):
    label, low, high, usual = field(entry, "label", language), entry["minimum"], entry["maximum"], entry["default"]
    if language == "en":
        return f"The default of **{label}** is {usual:g}; it goes from {low:g} to {high:g}."
    return f"**{label}** 的默认值是 {usual:g}，范围是 {low:g} 到 {high:g}。"


def shortcut_table(language):
    rows = [entry for action in SHOWN for entry in SHORTCUTS if entry["action"] == action]
    return "\n".join(f"| {entry['keys']} | {field(entry, 'title', language)} |" for entry in rows)


def setting_list(language):
    usual = "default" if language == "en" else "默认"
    return "\n".join(f"- **{field(entry, 'label', language)}** ({usual} {entry['default']:g})" for entry in SETTINGS)


def fill(text, language):
    """Puts the table's values where an answer names them. An unknown name is an error."""
    def value(match):
        kind, name = match.groups()
        return {"key": lambda: KEYS[name], "table": lambda: shortcut_table(name), "list": lambda: setting_list(name)}[kind]()
    return re.sub(r"\{(key|table|list)\.(\w+)\}", value, text)


def key_spellings(keys):
    """The ways people write a key: Ctrl+N, ctrl n, control-n ..."""
    names = {".": "period", ",": "comma", "/": "slash"}
    forms = [keys, keys, keys.lower(), keys.lower().replace("+", " "), keys.replace("+", "-"), keys.replace("+", " + "),
             keys.upper(), keys.lower().replace("ctrl", "control"), keys.lower().replace("+", " + ")]
    if keys[-1] in names:
        forms += [f"{keys[:-1].lower()}{names[keys[-1]]}", f"{keys[:-1].lower()[:-1]} {names[keys[-1]]}"]
    if keys == "Esc":
        forms += ["Escape", "escape", "the escape key"]
    if keys == "Up":
        forms = ["the up arrow", "Up", "the up key", "arrow up", "up arrow"]
    return forms

"""What was typed wrong at the command line, in Chinese: the parser of the line speaks English only."""

from __future__ import annotations

import re

_SAID = (
    (r"Missing argument '?(.+?)'?\.?", "缺少{0}"),
    (r"Missing option '?(.+?)'?\.?", "缺少选项 {0}"),
    (r"No such option: (\S+).*Possible options: (.+?)\)?", "没有 {0} 这个选项；相近的有：{1}"),
    (r"No such option: (\S+).*Did you mean (.+?)\?.*", "没有 {0} 这个选项；相近的有：{1}"),
    (r"No such option: (\S+).*", "没有 {0} 这个选项"),
    (r"No such command '(.+)'\.", "没有 {0} 这个命令"),
    (r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", "多写了：{0}"),
    (r"Option '(.+)' requires an argument\.", "选项 {0} 后面要写明内容"),
    (r"Option '(.+)' does not take a value\.", "选项 {0} 后面不写内容"),
    (r"Invalid value for '(.+?)': .*does not match the formats?.*", "选项 {0} 应为日期，例如 2026-10-01"),
    (r"Invalid value for '(.+?)': .*(?:valid integer|valid int).*", "选项 {0} 应为整数"),
    (r"Invalid value for '(.+?)': .*(?:valid number|valid float).*", "选项 {0} 应为数字，例如 0.9"),
    (r"Invalid value for '(.+?)': .*?'?([^' ]*)'? is not one of (.+?)\.", "选项 {0} 没有 {1} 这一项；可用的有：{2}"),
    (r"Invalid value for '(.+?)': (.*)", "{0}：{1}"),
    (r"Invalid value: (.*)", "{0}"),
)


def usage_fault(said: str) -> str:
    """Say what the parser says, in Chinese where it is known; what is not known stays as it is."""
    for pattern, chinese in _SAID:
        if found := re.fullmatch(pattern, said.strip(), re.DOTALL):
            return chinese.format(*(word.replace("'", "").replace(", ", "、") for word in found.groups()))
    return said

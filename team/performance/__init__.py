"""How it goes: figures of agents, made from events alone (docs/performance-metrics.md says what each one means).

events ──rules.py──▶ what counts ──rollup.py──▶ CaseFigures, DayFigures ──reading.py──▶ pages, API, files
"""

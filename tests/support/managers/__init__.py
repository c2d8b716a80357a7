# SPDX-License-Identifier: GPL-3.0-or-later
"""The service managers of the tests, a class each with the same interface: manager.py."""

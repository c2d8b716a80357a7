# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the cross-init-bridge authors
"""The service managers of the tests, a class each with the same interface: manager.py."""

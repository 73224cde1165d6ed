#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Does the demo show what it says?

exec bash "$(dirname "${BASH_SOURCE[0]}")/demo.sh" --quiet

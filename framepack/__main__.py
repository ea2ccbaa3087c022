"""``python -m framepack``: see ``framepack.command_line``."""

import sys

from framepack.command_line import main

sys.exit(main())

"""``python -m framepack``: see ``framepack.commands.parser``."""

import sys

from framepack.commands.parser import main

sys.exit(main())

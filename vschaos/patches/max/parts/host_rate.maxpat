{"patcher": {"fileversion": 1, "appversion": {"major": 8, "minor": 6, "revision": 5, "architecture": "x64", "modernui": 1}, "classnamespace": "box", "rect": [60.0, 90.0, 300.0, 60.0], "bglocked": 0, "openinpresentation": 1, "default_fontsize": 12.0, "default_fontface": 0, "default_fontname": "Arial", "gridsize": [2.0, 2.0], "boxes": [
{"box": {"id": "obj-1", "maxclass": "newobj", "numinlets": 1, "numoutlets": 1, "outlettype": ["bang"], "text": "loadbang", "patching_rect": [20.0, 20.0, 66.8, 22.0]}}, 
{"box": {"id": "obj-2", "maxclass": "newobj", "numinlets": 0, "numoutlets": 1, "outlettype": [""], "text": "r #0-#1-nn-again", "patching_rect": [140.0, 20.0, 120.0, 22.0]}}, 
{"box": {"id": "obj-3", "maxclass": "newobj", "numinlets": 1, "numoutlets": 4, "outlettype": ["int", "float", "int", "int"], "text": "dspstate~", "patching_rect": [20.0, 56.0, 73.4, 22.0]}}, 
{"box": {"id": "obj-4", "maxclass": "newobj", "numinlets": 2, "numoutlets": 1, "outlettype": ["int"], "text": "i", "patching_rect": [20.0, 92.0, 33.0, 22.0]}}, 
{"box": {"id": "obj-5", "maxclass": "newobj", "numinlets": 1, "numoutlets": 1, "outlettype": [""], "text": "prepend set sample_rate", "patching_rect": [20.0, 128.0, 160.0, 22.0]}}, 
{"box": {"id": "obj-6", "maxclass": "newobj", "numinlets": 1, "numoutlets": 0, "outlettype": [], "text": "s #0-#1-nn", "patching_rect": [20.0, 164.0, 130.0, 22.0]}}, 
{"box": {"id": "note", "maxclass": "comment", "numinlets": 1, "numoutlets": 0, "outlettype": [], "text": "#1 is the model's name. Tells nn~ the rate of Max: at first, whenever it changes, and when nn~ is made anew.", "patching_rect": [20.0, -40.0, 600.0, 48.0], "linecount": 2}}], "lines": [
{"patchline": {"source": ["obj-1", 0], "destination": ["obj-3", 0]}}, 
{"patchline": {"source": ["obj-2", 0], "destination": ["obj-3", 0]}}, 
{"patchline": {"source": ["obj-3", 1], "destination": ["obj-4", 0]}}, 
{"patchline": {"source": ["obj-4", 0], "destination": ["obj-5", 0]}}, 
{"patchline": {"source": ["obj-5", 0], "destination": ["obj-6", 0]}}], "bgcolor": [0.878, 0.847, 0.788, 1.0], "editing_bgcolor": [0.878, 0.847, 0.788, 1.0]}}

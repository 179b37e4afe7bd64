{"patcher": {"fileversion": 1, "appversion": {"major": 8, "minor": 6, "revision": 5, "architecture": "x64", "modernui": 1}, "classnamespace": "box", "rect": [60.0, 90.0, 360.0, 280.0], "bglocked": 0, "openinpresentation": 0, "default_fontsize": 12.0, "default_fontface": 0, "default_fontname": "Arial", "gridsize": [2.0, 2.0], "bgcolor": [0.878, 0.847, 0.788, 1.0], "editing_bgcolor": [0.878, 0.847, 0.788, 1.0], "boxes": [
{"box": {"id": "obj-1", "maxclass": "newobj", "numinlets": 1, "numoutlets": 3, "outlettype": ["int", "int", "int"], "text": "notein", "patching_rect": [20.0, 60.0, 70.0, 22.0]}}, 
{"box": {"id": "obj-2", "maxclass": "newobj", "numinlets": 2, "numoutlets": 3, "outlettype": ["int", "int", "int"], "text": "poly 1 1", "patching_rect": [20.0, 100.0, 70.0, 22.0]}}, 
{"box": {"id": "obj-3", "maxclass": "newobj", "numinlets": 2, "numoutlets": 2, "outlettype": ["int", "int"], "text": "stripnote", "patching_rect": [20.0, 140.0, 70.0, 22.0], "varname": "note"}}, 
{"box": {"id": "obj-4", "maxclass": "newobj", "numinlets": 2, "numoutlets": 1, "outlettype": ["int"], "text": "> 0", "patching_rect": [140.0, 140.0, 70.0, 22.0], "varname": "gate"}}, 
{"box": {"id": "note", "maxclass": "comment", "numinlets": 1, "numoutlets": 0, "outlettype": [], "text": "A keyboard with one voice: the box named note gives the pitch, that named gate 1 while a key is down.", "patching_rect": [20.0, 10.0, 320.0, 34.0], "linecount": 2}}], "lines": [
{"patchline": {"source": ["obj-1", 0], "destination": ["obj-2", 0]}}, 
{"patchline": {"source": ["obj-2", 1], "destination": ["obj-3", 0]}}, 
{"patchline": {"source": ["obj-1", 1], "destination": ["obj-2", 1]}}, 
{"patchline": {"source": ["obj-2", 2], "destination": ["obj-3", 1]}}, 
{"patchline": {"source": ["obj-2", 2], "destination": ["obj-4", 0]}}]}}
